using System.Text.Json;
using Gemma.Runtime.Embeddings;
using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts;
using Gemma.Tokenization;
using Gemma.Tokenization.BytePairs;
using Microsoft.Extensions.Logging;

namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>What a GGUF file's metadata says beside the weights, written as Hugging Face would have it.</summary>
/// <param name="metadata">The metadata.</param>
/// <param name="config">The <c>config.json</c> that it means.</param>
/// <param name="embedder">What it says about vectors.</param>
internal sealed class GgufFiles(GgufMetadata metadata, byte[] config, GgufEmbedder embedder) : ModelFiles
{
    private readonly Lazy<GemmaTokenizer?> _tokenizer = new(() => GgufTokenizer.Read(metadata));

    public override string Path => metadata.Path;

    /// <summary>The text of <c>config.json</c>, UTF-8.</summary>
    public ReadOnlyMemory<byte> Config => config;

    public override bool HasTokenizer => LoadTokenizer() is not null;

    public override GemmaTokenizer? LoadTokenizer() => _tokenizer.Value;

    public override bool NamesEveryRow => true;

    public override ChatTemplateFiles? ReadTemplates() => GgufTokenizer.Templates(metadata, LoadTokenizer());

    public override IEnumerable<int> EosTokenIds(GemmaConfig config) => [];

    public override void CopyTo(string package, string? configPath)
    {
        var configFile = System.IO.Path.Combine(package, "config.json");
        if (configPath is null) File.WriteAllBytes(configFile, config);
        else File.Copy(configPath, configFile);
        var templates = ReadTemplates();
        if (LoadTokenizer() is not { } tokenizer) return;
        tokenizer.Save(package);
        WriteGenerationConfig(System.IO.Path.Combine(package, "generation_config.json"), tokenizer);
        if (templates is not null) WriteTemplates(package, templates);
    }

    public override void CopyEmbedder(string package, int hiddenSize, ILogger logger)
    {
        embedder.WriteTo(package, logger);
        SentenceModules.Load(package, hiddenSize);
    }

    // Of the several ends that a model may have, the file keeps one; a chat model never says that one.
    private void WriteGenerationConfig(string path, GemmaTokenizer tokenizer)
    {
        using var stream = File.Create(path);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        if (tokenizer.BosTokenId is { } bos) json.WriteNumber("bos_token_id", bos);
        json.WriteStartArray("eos_token_id");
        var ends = ControlTokens.ReplyEnds.Select(tokenizer.GetTokenId).Prepend(tokenizer.EosTokenId);
        foreach (var id in ends.OfType<int>().Distinct()) json.WriteNumberValue(id);
        json.WriteEndArray();
        if (tokenizer.PadTokenId is { } pad) json.WriteNumber("pad_token_id", pad);
        if (GgufTokenizer.SuppressedTokens(metadata, tokenizer.VocabularySize) is { Count: > 0 } suppressed)
        {
            json.WriteStartArray("suppress_tokens");
            foreach (var id in suppressed) json.WriteNumberValue(id);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteTemplates(string package, ChatTemplateFiles templates)
    {
        foreach (var (name, text) in templates.Texts)
        {
            var folder = name == ChatTemplateFiles.DefaultName ? package : System.IO.Path.Combine(package, ChatTemplateFiles.AdditionalFolder);
            var file = name == ChatTemplateFiles.DefaultName ? ChatTemplateFiles.FileName : name + ".jinja";
            File.WriteAllText(System.IO.Path.Combine(Directory.CreateDirectory(folder).FullName, file), text);
        }
    }
}
