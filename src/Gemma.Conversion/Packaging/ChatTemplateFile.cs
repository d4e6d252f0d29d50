using System.Text.Encodings.Web;
using System.Text.Json;
using Gemma.Json;
using Gemma.Runtime.Prompts;
using Gemma.Runtime.Prompts.Jinja;

namespace Gemma.Conversion.Packaging;

/// <summary>The chat template of a package: the checkpoint's, another one, or none.</summary>
internal static class ChatTemplateFile
{
    private const string SettingsFile = "tokenizer_config.json";

    /// <summary>Writes what the options ask for over the checkpoint's files, which are in the package already.</summary>
    /// <exception cref="ChatTemplateException">The template that the options name is no file and no name, or cannot be parsed.</exception>
    public static void Write(string package, ConversionOptions options)
    {
        if (options.ChatTemplate is null && !options.NoChatTemplate) return;
        var text = options.ChatTemplate is null ? null : PublishedTemplates.Resolve(options.ChatTemplate);
        if (text is not null) JinjaTemplate.Parse(text);
        foreach (var name in (ReadOnlySpan<string>)[ChatTemplateFiles.FileName, "chat_template.json"]) File.Delete(Path.Combine(package, name));
        var additional = Path.Combine(package, ChatTemplateFiles.AdditionalFolder);
        if (Directory.Exists(additional)) Directory.Delete(additional, recursive: true);
        Forget(Path.Combine(package, SettingsFile));
        if (text is not null) File.WriteAllText(Path.Combine(package, ChatTemplateFiles.FileName), text);
    }

    /// <summary>What is wrong with template texts: messages will be refused, everything else works.</summary>
    /// <returns>The first problem, or null.</returns>
    public static string? FindProblem(ChatTemplateFiles? files)
    {
        if (files is null) return null;
        foreach (var (name, text) in files.Texts)
        {
            if (ChatTemplates.Find(text) is not null) continue;
            try
            {
                JinjaTemplate.Parse(text);
            }
            catch (ChatTemplateException e)
            {
                return files.Texts.Count == 1 ? e.Message : $"'{name}': {e.Message}";
            }
        }

        return null;
    }

    /// <summary>Templates in words: a published one's name, or the names of the checkpoint's own.</summary>
    public static string? Describe(ChatTemplateFiles? files)
    {
        if (files is null) return null;
        if (FindProblem(files) is { } problem) return $"unusable ({problem})";
        return string.Join(", ", files.Texts.Select(text => (files.Texts.Count == 1 ? string.Empty : text.Key + ": ") + NameOf(text.Value)));
    }

    private static string NameOf(string text) => ChatTemplates.Find(text)?.Name ?? PublishedTemplates.NameOf(text) ?? "the checkpoint's own";

    private static void Forget(string path)
    {
        if (!File.Exists(path)) return;
        using var document = JsonSection.Load(path);
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("chat_template", out _)) return;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true }))
        {
            json.WriteStartObject();
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (!property.NameEquals("chat_template")) property.WriteTo(json);
            }

            json.WriteEndObject();
        }

        File.WriteAllBytes(path, buffer.ToArray());
    }
}
