using System.Text.Json;
using Gemma.IO;
using Gemma.Json;

namespace Gemma.Runtime.Prompts;

/// <summary>The template texts of a checkpoint or package, as transformers finds them.</summary>
/// <param name="Path">The file that holds the text, or the first of several.</param>
/// <param name="Texts">The texts by name; a single one is called <see cref="DefaultName"/>.</param>
internal sealed record ChatTemplateFiles(string Path, IReadOnlyDictionary<string, string> Texts)
{
    /// <summary>The name of the template that is used where none is asked for.</summary>
    public const string DefaultName = "default";

    /// <summary>The name of the template that is used where tools are given.</summary>
    public const string ToolName = "tool_use";

    /// <summary>The file with one template.</summary>
    public const string FileName = "chat_template.jinja";

    /// <summary>The folder with further ones by name.</summary>
    public const string AdditionalFolder = "additional_chat_templates";

    /// <summary>One text.</summary>
    public static ChatTemplateFiles One(string path, string text) => new(path, new Dictionary<string, string> { [DefaultName] = text });

    /// <summary>Reads a folder's texts.</summary>
    /// <param name="folder">The folder with chat_template.jinja, chat_template.json or tokenizer_config.json.</param>
    /// <returns>The texts, or null if there are none; an empty text is none.</returns>
    /// <exception cref="InvalidModelException">A file is malformed.</exception>
    public static ChatTemplateFiles? Read(string folder)
    {
        var jinja = System.IO.Path.Combine(folder, FileName);
        if (File.Exists(jinja))
        {
            var texts = new Dictionary<string, string> { [DefaultName] = RegularFile.ReadAllText(jinja) };
            AddAdditional(folder, texts);
            return Found(jinja, texts);
        }

        foreach (var name in (ReadOnlySpan<string>)["chat_template.json", "tokenizer_config.json"])
        {
            var path = System.IO.Path.Combine(folder, name);
            if (!File.Exists(path)) continue;
            using var document = JsonSection.Load(path);
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("chat_template", out var value)
                && Found(path, ReadTexts(path, value)) is { } found)
            {
                var texts = new Dictionary<string, string>(found.Texts);
                AddAdditional(folder, texts);
                return Found(path, texts);
            }
        }

        return null;
    }

    private static void AddAdditional(string folder, Dictionary<string, string> texts)
    {
        var additional = System.IO.Path.Combine(folder, AdditionalFolder);
        if (!Directory.Exists(additional)) return;
        foreach (var file in Directory.EnumerateFiles(additional, "*.jinja").Order(StringComparer.Ordinal))
            texts.TryAdd(System.IO.Path.GetFileNameWithoutExtension(file), RegularFile.ReadAllText(file));
    }

    private static ChatTemplateFiles? Found(string path, Dictionary<string, string> texts)
    {
        foreach (var (name, _) in texts.Where(text => string.IsNullOrWhiteSpace(text.Value)).ToList()) texts.Remove(name);
        return texts.Count == 0 ? null : new ChatTemplateFiles(path, texts);
    }

    // One text; a list of names and texts; or an object of texts by name.
    private static Dictionary<string, string> ReadTexts(string path, JsonElement value)
    {
        var texts = new Dictionary<string, string>();
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                break;
            case JsonValueKind.String:
                texts.Add(DefaultName, value.GetString()!);
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    if (item.ValueKind != JsonValueKind.Object) throw Malformed(path);
                    texts[Text(path, item, "name")] = Text(path, item, "template");
                }

                break;
            case JsonValueKind.Object:
                foreach (var property in value.EnumerateObject()) texts[property.Name] = Text(path, value, property.Name);
                break;
            default:
                throw Malformed(path);
        }

        return texts;
    }

    private static string Text(string path, JsonElement item, string key) =>
        item.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Malformed(path);

    private static InvalidModelException Malformed(string path) =>
        new(path, "chat_template", "a text, a list of objects with name and template, or an object of texts by name is expected");
}
