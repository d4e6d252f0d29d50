using System.Text.Encodings.Web;
using System.Text.Json;
using Gemma.IO;
using Gemma.Json;
using Gemma.Runtime.Prompts;

namespace Gemma.Conversion.Checkpoints;

/// <summary>Copies a checkpoint's configuration and tokenizer files into a package.</summary>
internal static class TokenizerFiles
{
    private const string TokenizerJson = "tokenizer.json";

    private static readonly string[] CopiedFiles =
    [
        "config.json", "generation_config.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "chat_template.jinja", "chat_template.json",
    ];

    public static void Copy(string source, string package, string? configPath)
    {
        foreach (var name in CopiedFiles)
        {
            var file = name == "config.json" && configPath is not null ? configPath : Path.Combine(source, name);
            if (File.Exists(file)) CopyFile(file, Path.Combine(package, name));
        }

        var templates = Path.Combine(source, ChatTemplateFiles.AdditionalFolder);
        if (Directory.Exists(templates))
        {
            var target = Directory.CreateDirectory(Path.Combine(package, ChatTemplateFiles.AdditionalFolder));
            foreach (var file in Directory.EnumerateFiles(templates, "*.jinja")) CopyFile(file, Path.Combine(target.FullName, Path.GetFileName(file)));
        }

        var tokenizer = Path.Combine(source, TokenizerJson);
        if (File.Exists(tokenizer)) RewriteMerges(tokenizer, Path.Combine(package, TokenizerJson));
    }

    private static void CopyFile(string source, string target)
    {
        RegularFile.Ensure(source);
        var start = new byte[DownloadedFile.StartLength];
        using (var file = File.OpenRead(source))
            DownloadedFile.Check(source, start.AsSpan(0, file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)));
        File.Copy(source, target);
    }

    // GenAI's tokenizer reads merges as pairs only; older files have them as one string with a space between.
    private static void RewriteMerges(string source, string target)
    {
        using var document = JsonSection.Load(source);
        using var stream = File.Create(target);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        foreach (var property in document.RootElement.EnumerateObject())
        {
            if (!property.NameEquals("model") || property.Value.ValueKind != JsonValueKind.Object)
            {
                property.WriteTo(json);
                continue;
            }

            json.WriteStartObject("model");
            foreach (var part in property.Value.EnumerateObject())
            {
                if (part.NameEquals("merges") && part.Value.ValueKind == JsonValueKind.Array) WriteMerges(source, json, part.Value);
                else part.WriteTo(json);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteMerges(string source, Utf8JsonWriter json, JsonElement merges)
    {
        json.WriteStartArray("merges");
        foreach (var merge in merges.EnumerateArray())
        {
            if (merge.ValueKind != JsonValueKind.String)
            {
                merge.WriteTo(json);
                continue;
            }

            var pair = merge.GetString()!.Split(' ');
            if (pair.Length != 2) throw new InvalidModelException(source, "model.merges", $"'{merge.GetString()}' is not two pieces with a space between");
            json.WriteStartArray();
            json.WriteStringValue(pair[0]);
            json.WriteStringValue(pair[1]);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }
}
