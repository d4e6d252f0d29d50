using Gemma.Json;
using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts;
using Gemma.Tokenization;
using Microsoft.Extensions.Logging;

namespace Gemma.Conversion.Checkpoints;

/// <summary>The files beside the weights of a checkpoint in Hugging Face's layout.</summary>
internal sealed class FolderFiles(string folder) : ModelFiles
{
    private const string GenerationConfigFile = "generation_config.json";

    public override string Path => folder;

    public override bool HasTokenizer => GemmaTokenizer.Exists(folder);

    public override GemmaTokenizer? LoadTokenizer() => HasTokenizer ? GemmaTokenizer.Load(folder) : null;

    public override ChatTemplateFiles? ReadTemplates() => ChatTemplateFiles.Read(folder);

    public override IEnumerable<int> EosTokenIds(GemmaConfig config)
    {
        var path = System.IO.Path.Combine(folder, GenerationConfigFile);
        if (!File.Exists(path)) return [];
        using var document = JsonSection.Load(path);
        return JsonSection.Root(path, document).TokenIds("eos_token_id", config.VocabSize);
    }

    public override void CopyTo(string package, string? configPath) => TokenizerFiles.Copy(folder, package, configPath);

    public override void CopyEmbedder(string package, int hiddenSize, ILogger logger) => EmbedderFiles.Copy(folder, package, hiddenSize, logger);
}
