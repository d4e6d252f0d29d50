using Gemma.Conversion;
using Gemma.Conversion.Packaging;
using Gemma.Fuzz.Mutations;
using Gemma.Runtime.Embeddings;
using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts;
using Gemma.Tokenization;

namespace Gemma.Fuzz.Targets;

/// <summary>The files of model packages and of tokenizers.</summary>
internal static class PackageTargets
{
    private const string Official = "tests/Gemma.Runtime.Tests/Engines/Goldens/gemma1-tiny-mqa/int4";
    private const string Model = "samples/models/tiny-gemma-it";
    private const string Sentences = "tests/Gemma.Conversion.Tests/Goldens/embedding-gemma3";

    public static async Task<IReadOnlyList<FuzzTarget>> CreateAsync(WorkFolder work, CancellationToken cancellationToken) =>
        [.. Create(work, await PackageAsync(work, cancellationToken))];

    private static IEnumerable<FuzzTarget> Create(WorkFolder work, string package)
    {
        yield return new FileTarget("genai-config", work.Copy("genai-config", Official), "genai_config.json", OpenAsync);
        yield return new FileTarget("generation-config", work.Copy("generation-config", Model), "generation_config.json",
            folder => GenerationConfig.Load(Path.Combine(folder, "generation_config.json")));
        yield return new FileTarget("tokenizer-json", work.Copy("tokenizer-json", Official), "tokenizer.json", Tokenize);
        yield return new FileTarget("tokenizer-model", SentencePieceFolder(work), "tokenizer.model", Tokenize);
        foreach (var file in (string[])["tokenizer_config.json", "special_tokens_map.json"])
            yield return new FileTarget(Path.GetFileNameWithoutExtension(file).Replace('_', '-'), work.Copy(file, Model), file, Tokenize);

        foreach (var file in (string[])["modules.json", "1_Pooling/config.json", "2_Dense/config.json", "config_sentence_transformers.json"])
            yield return new FileTarget("sentence-" + file.Replace('/', '-').ToLowerInvariant(), work.Copy(file, Sentences), file,
                folder => SentenceModules.Load(folder, 48));

        yield return new FileTarget("manifest", package, PackageManifest.FileName, OpenAsync);
        yield return new FileTarget("head", package, "heads/topics/head.json", ReadHead);
        yield return new FileTarget("score", package, "heads/topics/score.safetensors", ReadHead, SafetensorsMutator.Mutate);
    }

    private static Task OpenAsync(string folder, CancellationToken cancellationToken) => ModelPackage.OpenAsync(folder, verify: false, cancellationToken);

    private static void ReadHead(string folder) => HeadFolder.Read(folder, "topics", 192);

    private static void Tokenize(string folder)
    {
        var tokenizer = GemmaTokenizer.Load(folder);
        ChatTemplates.Load(folder, tokenizer);
        tokenizer.Decode(tokenizer.Encode("Hello <start_of_turn>user\n ünï 🙂\u0000", addSpecialTokens: true, recognizeControlTokens: true),
            skipSpecialTokens: false);
    }

    private static string SentencePieceFolder(WorkFolder work)
    {
        var folder = Directory.CreateDirectory(Path.Combine(work.Path, "tokenizer-model")).FullName;
        File.Copy(Path.Combine(WorkFolder.Repository, Model, "tokenizer.model"), Path.Combine(folder, "tokenizer.model"));
        return folder;
    }

    private static async Task<string> PackageAsync(WorkFolder work, CancellationToken cancellationToken)
    {
        var package = Path.Combine(work.Path, "package");
        var models = Path.Combine(WorkFolder.Repository, "samples", "models");
        var options = new ConversionOptions { Precision = ModelPrecision.Int4, Heads = [new HeadSource(Path.Combine(models, "topics"))] };
        await new CheckpointConverter().ConvertAsync(Path.Combine(models, "tiny-gemma-it"), package, options, cancellationToken: cancellationToken);
        return package;
    }
}
