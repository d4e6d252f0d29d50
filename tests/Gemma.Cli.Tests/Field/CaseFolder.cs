using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma.Tests;

namespace Gemma.Cli.Tests.Field;

/// <summary>Writes the folder that a case describes: a small model with changes, in the order of the keys here.</summary>
internal static class CaseFolder
{
    private static readonly string[] Known = ["kind", "title", "commands", "either", "parts", "base", "copy", "remove", "move", "rename_tokens", "json",
        "replace", "write", "new_tensors", "tensors"];

    /// <summary>Writes the folder, which must not exist; skips the test where the model is not at hand.</summary>
    public static void Write(JsonElement item, string folder)
    {
        if (item.EnumerateObject().FirstOrDefault(property => !Known.Contains(property.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } unknown)
            throw new NotSupportedException($"The cases' key '{unknown.Name}' is new.");
        Directory.CreateDirectory(folder);
        if (item.TryGetProperty("base", out var model))
        {
            foreach (var file in Directory.EnumerateFiles(SharedData.Require(model.GetString()!.Split('/')))
                .Where(file => Path.GetFileName(file) is not ("goldens.json" or "same-as.json" or "expected.json")))
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        foreach (var (name, source) in Entries(item, "copy"))
            File.Copy(SharedData.Require(source.GetString()!.Split('/')), Place(folder, name), overwrite: true);
        if (item.TryGetProperty("remove", out var removed))
            foreach (var name in removed.EnumerateArray()) File.Delete(Path.Combine(folder, name.GetString()!));
        foreach (var (name, target) in Entries(item, "move")) File.Move(Path.Combine(folder, name), Place(folder, target.GetString()!));
        if (item.TryGetProperty("rename_tokens", out var tokens))
            CaseTokens.Rename(folder, tokens.EnumerateObject().ToDictionary(token => token.Name, token => token.Value.GetString()!));
        foreach (var (name, steps) in Entries(item, "json")) EditJson(Path.Combine(folder, name), steps);
        foreach (var (name, pairs) in Entries(item, "replace"))
        {
            var text = File.ReadAllText(Path.Combine(folder, name));
            foreach (var pair in pairs.EnumerateArray())
            {
                var (old, at) = (pair[0].GetString()!, text.IndexOf(pair[0].GetString()!, StringComparison.Ordinal));
                Assert.True(at >= 0, $"{name} does not hold '{old}'");
                text = text[..at] + pair[1].GetString() + text[(at + old.Length)..];
            }

            File.WriteAllText(Path.Combine(folder, name), text);
        }

        foreach (var (name, content) in Entries(item, "write"))
            File.WriteAllText(Place(folder, name), content.ValueKind == JsonValueKind.String ? content.GetString() : content.GetRawText());
        foreach (var (name, tensors) in Entries(item, "new_tensors"))
        {
            CaseTensors.Write(Place(folder, name), tensors.EnumerateObject().ToDictionary(tensor => tensor.Name, tensor => CaseTensor.Create(tensor.Value)),
                CaseTensors.Format);
        }
        if (item.TryGetProperty("tensors", out var edit)) CaseTensors.Edit(folder, edit);
    }

    private static IEnumerable<(string Name, JsonElement Value)> Entries(JsonElement item, string key) =>
        item.TryGetProperty(key, out var entries) ? entries.EnumerateObject().Select(entry => (entry.Name, entry.Value)) : [];

    private static string Place(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    private static void EditJson(string path, JsonElement steps)
    {
        var root = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))! : new JsonObject();
        foreach (var step in steps.EnumerateArray())
        {
            string[] keys = [.. step[1].EnumerateArray().Select(key => key.GetString()!)];
            var node = root;
            foreach (var key in keys[..^1]) node = node[key]!;
            switch (step[0].GetString())
            {
                case "set": node[keys[^1]] = Node(step[2]); break;
                case "delete": node.AsObject().Remove(keys[^1]); break;
                case "append": foreach (var value in step[2].EnumerateArray()) node[keys[^1]]!.AsArray().Add(Node(value)); break;
                default: throw new NotSupportedException($"The cases' edit '{step[0]}' is new.");
            }
        }

        File.WriteAllText(path, root.ToJsonString());

        static JsonNode? Node(JsonElement value) => JsonNode.Parse(value.GetRawText());
    }
}
