using Gemma.Json;
using Gemma.Runtime.Models.Architecture;

namespace Gemma.Runtime.Models;

/// <summary>An opened model package: a folder that this library or ONNX Runtime GenAI's builder wrote.</summary>
/// <remarks>Immutable.</remarks>
public sealed class ModelPackage
{
    private const string PrefillModel = "prefill/model.onnx";

    private ModelPackage(string folder, string modelPath, PackageManifest? manifest, KeyValueLayout layout)
    {
        KeyValueLayout = layout;
        Folder = folder;
        ModelPath = modelPath;
        Manifest = manifest;
    }

    /// <summary>The folder's full path.</summary>
    public string Folder { get; }

    /// <summary>The graph's full path.</summary>
    public string ModelPath { get; }

    /// <summary>The full path of a second graph for prompts over the same key-value cache (<c>gemma convert --prefill w8a8</c>), or null.</summary>
    public string? PrefillModelPath { get; private init; }

    /// <summary>The manifest, or null in a folder that GenAI's builder wrote.</summary>
    public PackageManifest? Manifest { get; }

    /// <summary>The model's shape from <c>config.json</c>, or null where that file is missing.</summary>
    public GemmaConfig? Config { get; private init; }

    /// <summary>Tokens the model was trained for.</summary>
    public required int ContextLength { get; init; }

    /// <summary>The most tokens of a sequence that the graph can compute.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Size of the vocabulary.</summary>
    public required int VocabSize { get; init; }

    /// <summary>The classification heads by name, in the manifest's order; they share the package's backbone.</summary>
    public IReadOnlyDictionary<string, ClassificationHead> Heads { get; private init; } = new OrderedDictionary<string, ClassificationHead>();

    /// <summary>The tokens that end a chat reply.</summary>
    public required IReadOnlyList<int> EosTokenIds { get; init; }

    /// <summary>The caches of keys and values.</summary>
    internal KeyValueLayout KeyValueLayout { get; }

    /// <summary>Opens and checks a package.</summary>
    /// <param name="folder">The package.</param>
    /// <param name="verify">Whether to hash the large files too, which takes about a second per gigabyte.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InvalidModelException">The folder or a file is missing, malformed or changed.</exception>
    public static async Task<ModelPackage> OpenAsync(string folder, bool verify = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        folder = Path.GetFullPath(folder);
        if (!Directory.Exists(folder)) throw new InvalidModelException(folder, null, "the folder does not exist");
        var configPath = Path.Combine(folder, "genai_config.json");
        if (!File.Exists(configPath))
        {
            throw new InvalidModelException(folder, "genai_config.json",
                "the file is missing: this is not a model package; run 'gemma convert' on the checkpoint first");
        }
        var manifest = PackageFolder.ReadManifest(folder);
        if (manifest is not null)
            await PackageFolder.VerifyAsync(folder, manifest.Files, verify, "convert the checkpoint again", cancellationToken).ConfigureAwait(false);

        using var document = JsonSection.Load(configPath);
        var root = JsonSection.Root(configPath, document);
        var model = root.Section("model") ?? throw root.Error("model", "the object is missing");
        var decoder = model.Section("decoder") ?? throw model.Error("decoder", "the object is missing");
        var modelPath = PackageFolder.Resolve(folder, decoder.Text("filename") ?? "model.onnx");
        if (!File.Exists(modelPath)) throw new InvalidModelException(modelPath, null, "the graph is missing; convert the checkpoint again");
        PackageFolder.EnsureRegular(folder);
        var context = model.Int("context_length", null, 1, 1 << 24);
        var vocabulary = model.Int("vocab_size", null, 1, 1 << 24);
        var gemmaConfig = Path.Combine(folder, "config.json");
        var config = manifest is not null && File.Exists(gemmaConfig) ? GemmaConfig.Load(gemmaConfig) : null;
        var layout = config?.Plan.KeyValueLayout.If(manifest!.WindowedCaches == true)
            ?? KeyValueLayout.Uniform(decoder.Int("num_hidden_layers", null, 1, 4096), decoder.Int("num_key_value_heads", null, 1, 4096),
                decoder.Int("head_size", null, 2, 4096));
        return new ModelPackage(folder, modelPath, manifest, layout)
        {
            Config = config,
            PrefillModelPath = File.Exists(Path.Combine(folder, PrefillModel)) ? Path.Combine(folder, PrefillModel) : null,
            ContextLength = context,
            MaxPositions = manifest?.MaxPositions ?? context,
            VocabSize = vocabulary,
            EosTokenIds = model.TokenIds("eos_token_id", vocabulary),
            Heads = ReadHeads(folder, manifest, decoder),
        };
    }

    private static OrderedDictionary<string, ClassificationHead> ReadHeads(string folder, PackageManifest? manifest, JsonSection decoder)
    {
        var heads = new OrderedDictionary<string, ClassificationHead>(StringComparer.Ordinal);
        foreach (var name in manifest?.Heads ?? []) heads[name] = HeadFolder.Read(folder, name, decoder.Int("hidden_size", null, 1, 1 << 20));
        return heads;
    }
}
