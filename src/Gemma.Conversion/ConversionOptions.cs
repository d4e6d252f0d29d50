using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Quantization;
using Gemma.Runtime.Models;

namespace Gemma.Conversion;

/// <summary>What a conversion makes of a checkpoint.</summary>
public sealed record ConversionOptions
{
    internal const int DefaultBlockSize = 32;

    /// <summary>The weights' precision.</summary>
    /// <value>Default null: <see cref="ModelPrecision.Keep"/> for a GGUF file, unless an option says how integers are made; otherwise
    /// <see cref="ModelPrecision.Int4"/>.</value>
    public ModelPrecision? Precision { get; init; }

    /// <summary>Weights that share a scale, for integer precisions. Smaller is more exact, larger is faster.</summary>
    /// <value>32, 64 or 128; default 32.</value>
    public int BlockSize { get; init; } = DefaultBlockSize;

    /// <summary>
    /// Whether each block has a zero point besides its scale, for integer precisions: more exact at the same speed, half a byte more per block.
    /// </summary>
    /// <value>Default false.</value>
    public bool ZeroPoints { get; init; }

    /// <summary>How blocks get their scales, for integer precisions.</summary>
    /// <value>Default <see cref="ScaleChoice.Search"/>.</value>
    public ScaleChoice Scales { get; init; }

    /// <summary>
    /// How the integers of layers and lm_head are calibrated (GPTQ): "self" lets the model write text itself, anything else is a text file. Needs a temporary
    /// float copy of the weights, on disk and in memory, and recorded activations on disk.
    /// </summary>
    /// <value>Default null: weights are rounded without looking at what they are multiplied with.</value>
    public string? Calibration { get; init; }

    /// <summary>What the model's own calibration text is drawn with; for measuring how much it matters.</summary>
    internal int CalibrationSeed { get; init; }

    /// <summary>Receives the error that quantisation leaves in each matrix.</summary>
    /// <value>Default null.</value>
    public QuantizationReport? Report { get; init; }

    /// <summary>Bits of embedding and lm_head, for integer precisions.</summary>
    /// <value>4 or 8; default null: as the other weights.</value>
    public int? LmHeadBits { get; init; }

    /// <summary>The device that the package is for; it decides the type that the graph computes in.</summary>
    /// <value>Default <see cref="ConversionTarget.Cpu"/>.</value>
    public ConversionTarget Target { get; init; }

    /// <summary>
    /// The type of activations, caches and logits: <see cref="ModelPrecision.Fp32"/>, <see cref="ModelPrecision.Fp16"/> or <see cref="ModelPrecision.Bf16"/>.
    /// </summary>
    /// <value>Default null: float for the CPU; for CUDA the precision's type if it is a floating-point one, else float16.</value>
    public ModelPrecision? Activations { get; init; }

    /// <summary>
    /// The precision of a second graph for prompts over the same key-value cache, under <c>prefill/</c>: <see cref="ModelPrecision.W8A8"/> reads prompts
    /// faster, while tokens are generated with the main graph.
    /// </summary>
    /// <value>Default null: one graph.</value>
    public ModelPrecision? Prefill { get; init; }

    /// <summary>
    /// Whether the weights are also packed for the processor that converts, under <c>prepacked/</c>: for ONNX Runtime on a CPU, where processes then share
    /// them. Takes two to four times the package's size on disk, and its size in memory while it packs.
    /// </summary>
    /// <value>Default false.</value>
    public bool Prepack { get; init; }

    /// <summary>
    /// Whether an existing package at the target is replaced. Nothing else ever is: a folder without <c>gemma_package.json</c>, and one that holds the
    /// checkpoint or lies in it, are refused.
    /// </summary>
    /// <value>Default false.</value>
    public bool Overwrite { get; init; }

    /// <summary>A <c>config.json</c> to use instead of the checkpoint's.</summary>
    /// <value>Default null.</value>
    public string? ConfigPath { get; init; }

    /// <summary>Classification heads to put over the backbone, besides the checkpoint's own (which is named "default").</summary>
    /// <value>Default empty.</value>
    public IReadOnlyList<HeadSource> Heads { get; init; } = [];

    /// <summary>A LoRA adapter that is merged into the weights: a folder as PEFT saves it, or a GGUF file.</summary>
    /// <value>Default null.</value>
    public string? LoraPath { get; init; }

    /// <summary>The package's chat template instead of the checkpoint's: a file, one of gemma1, gemma2, gemma3 and chatml, or the template's text.</summary>
    /// <value>Default null: the checkpoint's.</value>
    public string? ChatTemplate { get; init; }

    /// <summary>Whether the checkpoint's chat template is left out: then Gemma's turns are used where the tokenizer has them.</summary>
    /// <value>Default false.</value>
    public bool NoChatTemplate { get; init; }

    // What only matters where weights are made integers.
    private bool MakesIntegers =>
        Calibration is not null || BlockSize != DefaultBlockSize || ZeroPoints || LmHeadBits is not null || Scales != ScaleChoice.Search;

    /// <summary>What the graph computes in.</summary>
    internal ModelPrecision ComputedIn =>
        Activations ?? PrecisionTraits.Of(Precision ?? ModelPrecision.Int4).DefaultActivations(onGpu: Target != ConversionTarget.Cpu);

    /// <summary>Whether the checkpoint's blocks are what was asked for: the options ask for none that differ from them.</summary>
    internal bool CarriesBlocks => Calibration is null && BlockSize == DefaultBlockSize && !ZeroPoints;

    /// <summary>The options with the precision that is meant for a kind of checkpoint.</summary>
    internal ConversionOptions For(bool isGguf) =>
        this with { Precision = Precision ?? (isGguf && !MakesIntegers ? ModelPrecision.Keep : ModelPrecision.Int4) };

    /// <summary>The options for a checkpoint: what "keep" means for one without blocks depends on its numbers.</summary>
    internal ConversionOptions For(CheckpointReader reader)
    {
        var options = For(reader.KeepsPrecision);
        var matrices = reader.Tensors.Values.Where(tensor => tensor.Shape.Count > 1 && Widening.CanRead(tensor.DataType)).ToList();
        if (options.Precision != ModelPrecision.Keep || matrices.Exists(tensor => tensor.BlockType is not null)) return options;
        var types = matrices.ToLookup(tensor => tensor.DataType);

        // A graph that computes in float takes each matrix in its own type, one that computes in halves takes all in one.
        if (types.Count > 1 && options.ComputedIn == ModelPrecision.Fp32) return options;
        return options with
        {
            Precision = types.MaxBy(group => group.Sum(tensor => tensor.ElementCount))?.Key switch
            {
                TensorDataType.Float16 => ModelPrecision.Fp16,
                TensorDataType.BFloat16 => ModelPrecision.Bf16,
                _ => ModelPrecision.Fp32,
            },
        };
    }

    internal void Validate()
    {
        if (ChatTemplate is not null && NoChatTemplate)
            throw new ArgumentException("ChatTemplate and NoChatTemplate exclude each other.", nameof(NoChatTemplate));
        if (Precision is { } asked && !Enum.IsDefined(asked))
            throw new ArgumentOutOfRangeException(nameof(Precision), Precision, $"Precision must be {PrecisionTraits.Values(_ => true)}.");
        var precision = Precision is null ? null : PrecisionTraits.Of(Precision.Value);
        var blocks = PrecisionTraits.Values(row => row.HasBlockSettings).Replace(" or ", " and ", StringComparison.Ordinal);
        if (precision?.Weights == WeightEncoding.AsStored && MakesIntegers)
        {
            throw new ArgumentException(
                $"The precision {Precision} takes weights as they are: block size, zero points, scales, LmHeadBits and calibration are for {blocks}.",
                nameof(Precision));
        }
        if (BlockSize is not (32 or 64 or 128)) throw new ArgumentOutOfRangeException(nameof(BlockSize), BlockSize, "BlockSize must be 32, 64 or 128.");
        if (Calibration is not null && precision?.HasBlockSettings == false)
            throw new ArgumentException($"Calibration is for the precisions {blocks}.", nameof(Calibration));
        if (precision?.IsCpuOnly == true && (Target != ConversionTarget.Cpu || Activations is not (null or ModelPrecision.Fp32)))
            throw new ArgumentException($"The precision {Precision} is for the CPU and computes in float between its projections.", nameof(Precision));
        if (!Enum.IsDefined(Scales)) throw new ArgumentOutOfRangeException(nameof(Scales), Scales, "Scales must be Search or AbsMax.");
        if (!Enum.IsDefined(Target)) throw new ArgumentOutOfRangeException(nameof(Target), Target, "Target must be Cpu or Cuda.");
        if (Activations is { } activations && !(Enum.IsDefined(activations) && PrecisionTraits.Of(activations).IsNumberType))
            throw new ArgumentOutOfRangeException(nameof(Activations), Activations, $"Activations must be {PrecisionTraits.Values(row => row.IsNumberType)}.");
        if (Prefill is { } prefill && !(Enum.IsDefined(prefill) && PrecisionTraits.Of(prefill).IsForPrompts))
            throw new ArgumentOutOfRangeException(nameof(Prefill), Prefill, $"Prefill must be {PrecisionTraits.Values(row => row.IsForPrompts)}.");
        if (Prefill is not null && ComputedIn != ModelPrecision.Fp32)
            throw new ArgumentException("A graph for prompts needs a main graph that computes in float: target Cpu.", nameof(Prefill));
        if (Prepack && (Target != ConversionTarget.Cpu || PrecisionTraits.Of(ComputedIn).ComputesOnGpuOnly))
            throw new ArgumentException("Weights are packed for CPUs: choose the target Cpu and activations other than Bf16.", nameof(Prepack));
        if (LmHeadBits is not (null or 4 or 8)) throw new ArgumentOutOfRangeException(nameof(LmHeadBits), LmHeadBits, "LmHeadBits must be 4 or 8.");
    }
}
