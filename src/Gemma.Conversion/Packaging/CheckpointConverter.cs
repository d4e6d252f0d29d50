using Gemma.Conversion.Calibration;
using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Checkpoints.Adapters;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Graph;
using Gemma.Conversion.Heads;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Packaging;

/// <summary>Converts a Gemma checkpoint to a model package, tensor by tensor: memory stays small whatever the model's size.</summary>
/// <remarks>Safe for concurrent use.</remarks>
public sealed partial class CheckpointConverter(ILogger? logger = null)
{
    private const string ModelFile = "model.onnx";
    private const string DataFile = "model.onnx.data";
    private const string ConfigFile = "config.json";

    private readonly ILogger _logger = logger ?? NullLogger.Instance;

    /// <summary>Converts a checkpoint. The package appears whole or not at all.</summary>
    /// <param name="checkpoint">A Hugging Face folder, a GGUF file, or one weight file.</param>
    /// <param name="package">The folder to create.</param>
    /// <param name="options">What to make; default: int4.</param>
    /// <param name="progress">Receives progress, from several threads.</param>
    /// <param name="cancellationToken">Stops the conversion and removes what was written.</param>
    /// <exception cref="InvalidModelException">The checkpoint is missing, malformed, inconsistent or not a Gemma.</exception>
    /// <exception cref="IOException">The package exists already, its place is taken by something else or is read for it, or the disk is full.</exception>
    /// <exception cref="GemmaException">The package is complete, but its weights could not be packed (<see cref="ConversionOptions.Prepack"/>).</exception>
    public Task ConvertAsync(string checkpoint, string package, ConversionOptions? options = null, IProgress<ConversionProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(checkpoint);
        ArgumentException.ThrowIfNullOrEmpty(package);
        options ??= new ConversionOptions();
        options.Validate();
        return Task.Run(
            async () =>
            {
                var target = new PackageTarget(package, [checkpoint], options);
                target.Prepare(_logger);
                using var folder = CheckpointFolder.Open(checkpoint, options.ConfigPath, _logger);
                var config = folder.LoadConfig(options.ConfigPath);
                using var adapter = options.LoraPath is null ? null : LoraReader.Open(options.LoraPath, folder.Reader, config.Family.TextFamily);
                var source = AdapterClassifier.CreateSource(folder.Reader, adapter, config, folder.Path, folder.Files);
                await ConvertCoreAsync(source, target, options, progress, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken);
    }

    /// <summary>
    /// Converts tensors that are not in a folder, such as a <see cref="RandomCheckpoint"/>, to a package without tokenizer. The package appears whole or not at
    /// all.
    /// </summary>
    /// <param name="reader">The tensors.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="package">The folder to create.</param>
    /// <param name="options">What to make; default: int4.</param>
    /// <param name="progress">Receives progress, from several threads.</param>
    /// <param name="cancellationToken">Stops the conversion and removes what was written.</param>
    /// <exception cref="InvalidModelException">The tensors do not fit the shape.</exception>
    /// <exception cref="IOException">The package exists already, its place is taken by something else or is read for it, or the disk is full.</exception>
    /// <exception cref="GemmaException">The package is complete, but its weights could not be packed (<see cref="ConversionOptions.Prepack"/>).</exception>
    public Task ConvertTensorsAsync(CheckpointReader reader, GemmaConfig config, string package, ConversionOptions? options = null,
        IProgress<ConversionProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(config);
        ArgumentException.ThrowIfNullOrEmpty(package);
        options ??= new ConversionOptions();
        options.Validate();
        return Task.Run(
            async () =>
            {
                var target = new PackageTarget(package, reader.Files, options);
                target.Prepare(_logger);
                using var adapter = options.LoraPath is null ? null : LoraReader.Open(options.LoraPath, reader, config.Family.TextFamily);
                await ConvertCoreAsync(AdapterClassifier.CreateSource(reader, adapter, config, reader.Format, null), target, options, progress,
                    cancellationToken).ConfigureAwait(false);
            },
            cancellationToken);
    }

    private async Task ConvertCoreAsync(ConversionSource source, PackageTarget target, ConversionOptions options, IProgress<ConversionProgress>? progress,
        CancellationToken cancellationToken)
    {
        var config = source.Config;
        options = options.For(source.Reader);
        if (options.Prefill is not null && !config.Plan.IsCausal)
        {
            throw new InvalidModelException(source.Path, "use_bidirectional_attention",
                "the model reads whole texts and generates none, so a second graph for prompts has no use; convert without --prefill");
        }
        var tensors = GemmaTensors.Open(config, source.Reader, source.Path);
        var settings = GraphSettings.Of(options);
        if (tensors.OtherParts > 0) LogOtherParts(source.Path, tensors.OtherParts);
        if (UnusedWeights(source.Path, tensors) is [_, ..] unused) LogUnused(source.Path, string.Join(", ", unused));
        if (settings.FloatType == DataType.Float16 && config.Plan.Layers.Any(layer => layer.PostAttentionNorm is not null)) LogSmallRange(source.Path);
        source.Reader.Verify(cancellationToken);
        var tokenizer = source.Files?.LoadTokenizer();
        var eosTokenIds = source.Files is null ? config.EosTokenIds : EosTokens.Find(source.Files, tokenizer, config);
        var heads = new HeadCollector(source, tensors, _logger).Collect(options.Heads, cancellationToken);

        var plan = new WeightPlan { Report = options.Report };
        var model = DecoderGraph.Build(config.Plan, tensors, settings, plan, DataFile, config.HasLmHead);

        if (source.Files is { } files) GenerationSettings.Check(files.Path, config.VocabSize, _logger);
        if (tokenizer is null) LogNoTokenizer(source.Path);
        else if (tokenizer.FindWithoutEmbedding(config.VocabSize).ToList() is [_, ..] more)
        {
            LogNoEmbedding(source.Path, config.VocabSize, string.Join(", ", more.Take(8).Select(id => $"'{tokenizer.GetPiece(id)}' ({id})"))
                + (more.Count > 8 ? $" and {more.Count - 8} more" : string.Empty));
        }
        using (var staged = await StagedPackage.CreateAsync(target.Path, cancellationToken).ConfigureAwait(false))
        {
            var temporary = staged.Folder;
            source.Files?.CopyTo(temporary, options.ConfigPath);
            source.Files?.CopyEmbedder(temporary, config.HiddenSize, _logger);
            ChatTemplateFile.Write(temporary, options);
            if (ChatTemplateFile.FindProblem(ChatTemplateFiles.Read(temporary)) is { } problem) LogTemplate(source.Path, problem);
            if (source.ChangesConfig || !File.Exists(Path.Combine(temporary, ConfigFile)))
                await File.WriteAllBytesAsync(Path.Combine(temporary, ConfigFile), config.Json, cancellationToken).ConfigureAwait(false);
            GenAIConfigWriter.Write(Path.Combine(temporary, "genai_config.json"), config, EosTokens.FindTurnEnd(temporary) is { } turnEnd
                ? eosTokenIds.Union([turnEnd]).Order().ToArray()
                : eosTokenIds);
            using (var stream = File.Create(Path.Combine(temporary, ModelFile))) model.WriteTo(stream);
            var data = Path.Combine(temporary, DataFile);
            if (options.Calibration is null) WeightWriter.Write(data, plan, source.Reader, null, progress, cancellationToken);
            else CalibratedWeights.Write(data, plan, source, tensors, options, _logger, progress, cancellationToken);
            PrefillGraph.Write(temporary, ModelFile, DataFile, source, tensors, options, progress, cancellationToken);
            foreach (var head in heads) HeadFolder.Write(temporary, head);
            await WriteManifestAsync(temporary, source, options, tensors, settings, plan, heads, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();

            // Somebody else may have put one there meanwhile.
            target.Ensure();
            staged.Publish();
            LogConverted(source.Path, target.Path, options.Precision!.Value);
        }

        if (options.Prepack) await PackedPackage.SaveAsync(target.Path, _logger, cancellationToken).ConfigureAwait(false);
    }

    private static async Task WriteManifestAsync(string folder, ConversionSource source, ConversionOptions options, GemmaTensors tensors,
        GraphSettings settings, WeightPlan plan, IReadOnlyList<ClassificationHead> heads, CancellationToken cancellationToken)
    {
        var format = settings.KeepsNumbers ? null : settings.Linear;
        var manifest = new PackageManifest
        {
            ConverterVersion = ConverterVersion.Value,
            Source = Path.GetFileName(source.Path),
            SourceFormat = source.Reader.Format,
            Adapter = options.LoraPath is null ? null : Path.GetFileName(Path.TrimEndingDirectorySeparator(options.LoraPath)),
            Precision = PrecisionTraits.Of(options.Precision!.Value).Name,
            Activations = PrecisionTraits.Of(options.ComputedIn).Name,
            BlockSize = format?.BlockSize,
            ZeroPoints = format?.ZeroPoints,
            Scales = format?.Scales.ToString().ToLowerInvariant(),
            Calibration = options.Calibration is null ? null : Path.GetFileName(options.Calibration),
            LmHeadBits = settings.KeepsNumbers ? null : settings.LmHead?.Bits,
            Weights = StoredMatrices(plan),
            Prefill = options.Prefill is { } prefill ? PrecisionTraits.Of(prefill).Name : null,
            Parameters = tensors.CountParameters(heads),
            WindowedCaches = settings.WindowedCaches && source.Config.Plan.KeyValueLayout.Window is not null ? true : null,
            MappedBytes = plan.MappedBytes > 0 ? plan.MappedBytes : null,
            MaxPositions = RotaryTables.Positions(source.Config.Plan),
            Heads = [.. heads.Select(head => head.Name)],
            Files = await PackageFolder.HashAsync(folder, cancellationToken).ConfigureAwait(false),
        };
        await PackageFolder.WriteManifestAsync(folder, manifest, cancellationToken).ConfigureAwait(false);
    }

    // Only where the checkpoint has blocks is it a question what became of them.
    private static IReadOnlyList<StoredMatrices>? StoredMatrices(WeightPlan plan) => plan.HasBlocks
        ? [.. plan.Storage.GroupBy(matrix => (matrix.Kind, matrix.Source, matrix.Stored, matrix.IsExact))
            .Select(group =>
                new StoredMatrices(group.Key.Kind, group.Key.Source, group.Key.Stored, group.Key.IsExact, group.Count(), group.Sum(matrix => matrix.Bytes)))]
        : null;

    // The library TRL keeps its value head in a file of its own.
    private static IReadOnlyList<string> UnusedWeights(string checkpoint, GemmaTensors tensors)
    {
        var files = Directory.Exists(checkpoint) ? Directory.GetFiles(checkpoint, "value_head.*") : [];
        return [.. tensors.Unused, .. files.Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
    }

    [LoggerMessage(2, LogLevel.Warning,
        "{Checkpoint} has no tokenizer files: its package takes and gives token ids only; copy tokenizer.json or tokenizer.model into the checkpoint and "
            + "convert again for text")]
    private partial void LogNoTokenizer(string checkpoint);

    [LoggerMessage(6, LogLevel.Warning,
        "{Checkpoint}: the model has {Count} embeddings, none for {Tokens} of the tokenizer: a text with such a token is refused; if the model is to know "
            + "it, resize its embedding (resize_token_embeddings) and convert again")]
    private partial void LogNoEmbedding(string checkpoint, int count, string tokens);

    [LoggerMessage(4, LogLevel.Warning,
        "{Checkpoint} reads more than text: {Count} tensors for images and sounds are left out, and the package takes text only")]
    private partial void LogOtherParts(string checkpoint, int count);

    [LoggerMessage(3, LogLevel.Warning,
        "{Checkpoint}: the chat template cannot be used, so messages will be refused; raw prompts, scores, heads and embeddings work. {Problem} Give another "
            + "with --chat-template, or none with --no-chat-template")]
    private partial void LogTemplate(string checkpoint, string problem);

    [LoggerMessage(1, LogLevel.Information, "Converted {Checkpoint} to {Package} ({Precision})")]
    private partial void LogConverted(string checkpoint, string package, ModelPrecision precision);

    [LoggerMessage(7, LogLevel.Warning,
        "{Checkpoint}: models of this family (Gemma 2 and later) were trained in bfloat16, and large ones exceed what float16 holds (65504): a request whose "
            + "numbers do ends with an error; bf16 and fp32 have no such limit, nor has the CPU, which computes in float32")]
    private partial void LogSmallRange(string checkpoint);

    [LoggerMessage(5, LogLevel.Warning, "{Checkpoint} holds trained weights that no part of the model uses: {Names}; they are left out")]
    private partial void LogUnused(string checkpoint, string names);
}
