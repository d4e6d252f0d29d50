using System.Text.Json.Nodes;

namespace Gemma.Cli.Tests.Field;

/// <summary>Gives tokens of a tokenizer other names, as fine-tunes do with reserved ones.</summary>
internal static class CaseTokens
{
    /// <summary>Renames tokens in tokenizer.json and tokenizer_config.json, and makes them special.</summary>
    public static void Rename(string folder, IReadOnlyDictionary<string, string> names)
    {
        Edit(Path.Combine(folder, "tokenizer.json"), json =>
        {
            foreach (var token in json["added_tokens"]!.AsArray()) Rename(token!);
            var vocabulary = json["model"]!["vocab"]!.AsObject();
            foreach (var (old, name) in names.Where(pair => vocabulary.ContainsKey(pair.Key)))
            {
                var id = vocabulary[old]!.GetValue<int>();
                vocabulary.Remove(old);
                vocabulary[name] = id;
            }
        });
        Edit(Path.Combine(folder, "tokenizer_config.json"), json =>
        {
            foreach (var (_, token) in json["added_tokens_decoder"]?.AsObject() ?? []) Rename(token!);
            if (json["additional_special_tokens"] is JsonArray special)
            {
                for (var i = 0; i < special.Count; i++) special[i] = Name(special[i]!.GetValue<string>());
            }

            foreach (var key in (string[])["bos_token", "eos_token", "pad_token"])
                if (json[key] is JsonValue token) json[key] = Name(token.GetValue<string>());
        });

        string Name(string token) => names.GetValueOrDefault(token, token);

        void Rename(JsonNode token)
        {
            if (!names.TryGetValue(token["content"]!.GetValue<string>(), out var name)) return;
            (token["content"], token["special"]) = (name, true);
        }
    }

    private static void Edit(string path, Action<JsonNode> edit)
    {
        if (!File.Exists(path)) return;
        var json = JsonNode.Parse(File.ReadAllText(path))!;
        edit(json);
        File.WriteAllText(path, json.ToJsonString());
    }
}
