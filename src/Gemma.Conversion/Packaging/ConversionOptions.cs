using Gemma.Conversion.Graph;
using Gemma.Conversion.Quantization;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Packaging;

/// <summary>What a conversion makes of a checkpoint.</summary>
public sealed record ConversionOptions
{
    /// <summary>The weights' precision.</summary>
    /// <value>Default <see cref="ModelPrecision.Int4"/>.</value>
    public ModelPrecision Precision { get; init; } = ModelPrecision.Int4;

    /// <summary>Weights that share a scale, for integer precisions. Smaller is more exact, larger is faster.</summary>
    /// <value>32, 64 or 128; default 32.</value>
    public int BlockSize { get; init; } = 32;

    /// <summary>Whether each block has a zero point besides its scale, for integer precisions: more exact at the same speed, half a byte more per block.</summary>
    /// <value>Default false.</value>
    public bool ZeroPoints { get; init; }

    /// <summary>How blocks get their scales, for integer precisions.</summary>
    /// <value>Default <see cref="ScaleChoice.Search"/>.</value>
    public ScaleChoice Scales { get; init; }

    /// <summary>
    /// How the integers of layers and head are calibrated (GPTQ): "self" lets the model write text itself, anything else is a text file. Needs a temporary float copy of the
    /// weights, on disk and in memory, and recorded activations on disk.
    /// </summary>
    /// <value>Default null: weights are rounded without looking at what they are multiplied with.</value>
    public string? Calibration { get; init; }

    /// <summary>What the model's own calibration text is drawn with; for measuring how much it matters.</summary>
    internal int CalibrationSeed { get; init; }

    /// <summary>Receives the error that quantisation leaves in each matrix.</summary>
    /// <value>Default null.</value>
    public QuantizationReport? Report { get; init; }

    /// <summary>Bits of embedding and head, for integer precisions.</summary>
    /// <value>4 or 8; default null: as the other weights.</value>
    public int? HeadBits { get; init; }

    /// <summary>The device that the package is for; it decides the type that the graph computes in.</summary>
    /// <value>Default <see cref="ConversionTarget.Cpu"/>.</value>
    public ConversionTarget Target { get; init; }

    /// <summary>The type of activations, caches and logits: <see cref="ModelPrecision.Fp32"/>, <see cref="ModelPrecision.Fp16"/> or <see cref="ModelPrecision.Bf16"/>.</summary>
    /// <value>Default null: float for the CPU; for CUDA the precision's type if it is a floating-point one, else float16.</value>
    public ModelPrecision? Activations { get; init; }

    /// <summary>The precision of a second graph for prompts over the same key-value cache, under <c>prefill/</c>: <see cref="ModelPrecision.W8A8"/> reads prompts faster, while tokens are generated with the main graph.</summary>
    /// <value>Default null: one graph.</value>
    public ModelPrecision? Prefill { get; init; }

    /// <summary>Whether the weights are also packed for the processor that converts, under <c>prepacked/</c>: for ONNX Runtime on a CPU, where processes then share them. Takes two to four times the package's size on disk, and its size in memory while it packs.</summary>
    /// <value>Default false.</value>
    public bool Prepack { get; init; }

    /// <summary>Whether an existing package at the target is replaced. Nothing else ever is: a folder without <c>gemma_package.json</c>, and one that holds the checkpoint or lies in it, are refused.</summary>
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

    internal void Validate()
    {
        if (!Enum.IsDefined(Precision)) throw new ArgumentOutOfRangeException(nameof(Precision), Precision, "Precision must be Fp32, Fp16, Bf16, Int8, Int4 or W8A8.");
        if (BlockSize is not (32 or 64 or 128)) throw new ArgumentOutOfRangeException(nameof(BlockSize), BlockSize, "BlockSize must be 32, 64 or 128.");
        if (Calibration is not null && Precision is not (ModelPrecision.Int4 or ModelPrecision.Int8)) throw new ArgumentException("Calibration is for the precisions Int4 and Int8.", nameof(Calibration));
        if (Precision == ModelPrecision.W8A8 && (Target != ConversionTarget.Cpu || Activations is not (null or ModelPrecision.Fp32))) throw new ArgumentException("The precision W8A8 is for the CPU and computes in float between its projections.", nameof(Precision));
        if (!Enum.IsDefined(Scales)) throw new ArgumentOutOfRangeException(nameof(Scales), Scales, "Scales must be Search or AbsMax.");
        if (!Enum.IsDefined(Target)) throw new ArgumentOutOfRangeException(nameof(Target), Target, "Target must be Cpu or Cuda.");
        if (Activations is not (null or ModelPrecision.Fp32 or ModelPrecision.Fp16 or ModelPrecision.Bf16)) throw new ArgumentOutOfRangeException(nameof(Activations), Activations, "Activations must be Fp32, Fp16 or Bf16.");
        if (Prefill is not (null or ModelPrecision.W8A8)) throw new ArgumentOutOfRangeException(nameof(Prefill), Prefill, "Prefill must be W8A8.");
        if (Prefill is not null && ToGraphSettings().FloatType != DataType.Float) throw new ArgumentException("A graph for prompts needs a main graph that computes in float: target Cpu.", nameof(Prefill));
        if (Prepack && (Target != ConversionTarget.Cpu || ToGraphSettings().FloatType == DataType.Bfloat16)) throw new ArgumentException("Weights are packed for CPUs: choose the target Cpu and activations other than Bf16.", nameof(Prepack));
        if (HeadBits is not (null or 4 or 8)) throw new ArgumentOutOfRangeException(nameof(HeadBits), HeadBits, "HeadBits must be 4 or 8.");
    }

    internal GraphSettings ToGraphSettings()
    {
        if (Precision == ModelPrecision.W8A8) return new GraphSettings(DataType.Float, DataType.Float, null, Format(HeadBits ?? 8)) { ChannelLinear = true };
        var isInteger = Precision is ModelPrecision.Int4 or ModelPrecision.Int8;
        var computed = Activations ?? (Target == ConversionTarget.Cpu ? ModelPrecision.Fp32 : isInteger ? ModelPrecision.Fp16 : Precision);
        if (!isInteger) return new GraphSettings(FloatType(computed), FloatType(Precision), null, null);
        var bits = Precision == ModelPrecision.Int4 ? 4 : 8;
        return new GraphSettings(FloatType(computed), FloatType(computed), Format(bits), Format(HeadBits ?? bits)) { Calibrated = Calibration is not null };
    }

    private static DataType FloatType(ModelPrecision precision) => precision switch
    {
        ModelPrecision.Fp16 => DataType.Float16,
        ModelPrecision.Bf16 => DataType.Bfloat16,
        _ => DataType.Float,
    };

    private QuantizationFormat Format(int bits) => new(bits, BlockSize, ZeroPoints, Scales);
}
