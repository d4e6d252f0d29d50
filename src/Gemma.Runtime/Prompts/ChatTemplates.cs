using System.Text.Json;
using Gemma.Json;
using Gemma.Tokenization;

namespace Gemma.Runtime.Prompts;

/// <summary>The chat templates of the Gemma family.</summary>
public static class ChatTemplates
{
    // Fingerprints of the published texts' normal forms; see JinjaText. Gemma 1 and 2 have the same text.
    private const string Gemma1Fingerprint = "db6b90b55377a26116f3f1e7666beefab3f3be9e85af71eaaa4d77d6bfdb82c6";
    private const string Gemma3Fingerprint = "dbf0060a9899cbcd6c67cb373d4a9cb9fe6512e7d81e4d969cd87714305c32b0";

    /// <summary>Gemma 1 and 1.1: no system messages, text only.</summary>
    public static IChatTemplate Gemma1 { get; } = new GemmaChatTemplate("gemma1", isGemma3: false);

    /// <summary>Gemma 2: the same as Gemma 1.</summary>
    public static IChatTemplate Gemma2 { get; } = new GemmaChatTemplate("gemma2", isGemma3: false);

    /// <summary>Gemma 3: a leading system message goes before the first user text; content may have text and image parts.</summary>
    public static IChatTemplate Gemma3 { get; } = new GemmaChatTemplate("gemma3", isGemma3: true);

    /// <summary>The typed template that does what a Jinja template does, or null if it is none of the published ones.</summary>
    /// <param name="jinja">The text of <c>chat_template</c>. Layout, quotes and a missing BOS do not count.</param>
    public static IChatTemplate? Find(string jinja)
    {
        ArgumentNullException.ThrowIfNull(jinja);
        return JinjaText.Fingerprint(jinja) switch
        {
            Gemma1Fingerprint => Gemma1,
            Gemma3Fingerprint => Gemma3,
            _ => null,
        };
    }

    /// <summary>The template of a checkpoint or package.</summary>
    /// <param name="folder">The folder with chat_template.jinja, chat_template.json or tokenizer_config.json.</param>
    /// <param name="tokenizer">The folder's tokenizer: where there is no template, its turn tokens say whether the model chats.</param>
    /// <returns>The template, or null for a model without one, which takes raw prompts only.</returns>
    /// <exception cref="ChatTemplateException">The checkpoint has a template that is not known.</exception>
    /// <exception cref="InvalidModelException">A file is malformed.</exception>
    public static IChatTemplate? Load(string folder, GemmaTokenizer? tokenizer = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return Resolve(ReadJinja(folder), tokenizer);
    }

    /// <summary>The typed template of a text and of the file it comes from, or the one that turn tokens mean where there is none.</summary>
    internal static IChatTemplate? Resolve((string Path, string Text)? template, GemmaTokenizer? tokenizer)
    {
        if (template is not { } source)
        {
            if (tokenizer?.GetTokenId(ControlTokens.StartOfTurn) is null || tokenizer.GetTokenId(ControlTokens.EndOfTurn) is null) return null;
            return tokenizer.GetTokenId(ControlTokens.StartOfImage) is not null && tokenizer.GetTokenId("[multimodal]") is not null ? Gemma3 : Gemma1;
        }

        return Find(source.Text) ?? throw new ChatTemplateException(
            $"{source.Path}: chat_template: this is none of the published Gemma templates; supply an IChatTemplate that renders it (option ChatTemplate), or remove the template to use Gemma's own.");
    }

    private static (string Path, string Text)? ReadJinja(string folder)
    {
        var jinja = Path.Combine(folder, "chat_template.jinja");
        if (File.Exists(jinja)) return (jinja, File.ReadAllText(jinja));
        foreach (var name in (ReadOnlySpan<string>)["chat_template.json", "tokenizer_config.json"])
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path)) continue;
            using var document = JsonSection.Load(path);
            if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("chat_template", out var value) && Text(path, value) is { } text) return (path, text);
        }

        return null;
    }

    // One template, or several by name.
    private static string? Text(string path, JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.Null or JsonValueKind.String) return value.GetString();
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
            {
                if (item.ValueKind == JsonValueKind.Object && item.TryGetProperty("name", out var name) && name.ValueEquals("default") && item.TryGetProperty("template", out var template)) return template.GetString();
            }
        }

        throw new InvalidModelException(path, "chat_template", "a text, or a list with a template named 'default', is expected");
    }
}
