using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Checkpoints.Gguf;
using Gemma.Conversion.Graph;
using Gemma.Conversion.Quantization;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Packaging;

/// <summary>What a conversion makes of a checkpoint.</summary>
public sealed record ConversionOptions
{
    private const int DefaultBlockSize = 32;

    /// <summary>The weights' precision.</summary>
    /// <value>Default null: <see cref="ModelPrecision.Keep"/> for a GGUF file, unless an option says how integers are made; otherwise <see cref="ModelPrecision.Int4"/>.</value>
    public ModelPrecision? Precision { get; init; }

    /// <summary>Weights that share a scale, for integer precisions. Smaller is more exact, larger is faster.</summary>
    /// <value>32, 64 or 128; default 32.</value>
    public int BlockSize { get; init; } = DefaultBlockSize;

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

    /// <summary>Bits of embedding and lm_head, for integer precisions.</summary>
    /// <value>4 or 8; default null: as the other weights.</value>
    public int? LmHeadBits { get; init; }

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

    /// <summary>The package's chat template instead of the checkpoint's: a file, one of gemma1, gemma2, gemma3 and chatml, or the template's text.</summary>
    /// <value>Default null: the checkpoint's.</value>
    public string? ChatTemplate { get; init; }

    /// <summary>Whether the checkpoint's chat template is left out: then Gemma's turns are used where the tokenizer has them.</summary>
    /// <value>Default false.</value>
    public bool NoChatTemplate { get; init; }

    // What only matters where weights are made integers.
    private bool MakesIntegers => Calibration is not null || BlockSize != DefaultBlockSize || ZeroPoints || LmHeadBits is not null || Scales != ScaleChoice.Search;

    /// <summary>The options with the precision that is meant for a kind of checkpoint.</summary>
    internal ConversionOptions For(bool isGguf) => this with { Precision = Precision ?? (isGguf && !MakesIntegers ? ModelPrecision.Keep : ModelPrecision.Int4) };

    /// <summary>The options for a checkpoint: what "keep" means for one without blocks depends on its numbers.</summary>
    internal ConversionOptions For(CheckpointReader reader)
    {
        var options = For(reader.Format == GgufReader.FormatName);
        var matrices = reader.Tensors.Values.Where(tensor => tensor.Shape.Count > 1).ToList();
        if (options.Precision != ModelPrecision.Keep || matrices.Exists(tensor => tensor.BlockType is not null)) return options;
        var type = matrices.GroupBy(tensor => tensor.DataType).MaxBy(group => group.Sum(tensor => tensor.ElementCount))?.Key;
        return options with { Precision = type switch { TensorDataType.Float16 => ModelPrecision.Fp16, TensorDataType.BFloat16 => ModelPrecision.Bf16, _ => ModelPrecision.Fp32 } };
    }

    internal void Validate()
    {
        if (ChatTemplate is not null && NoChatTemplate) throw new ArgumentException("ChatTemplate and NoChatTemplate exclude each other.", nameof(NoChatTemplate));
        if (Precision is { } precision && !Enum.IsDefined(precision)) throw new ArgumentOutOfRangeException(nameof(Precision), Precision, "Precision must be Fp32, Fp16, Bf16, Int8, Int4, W8A8 or Keep.");
        if (Precision == ModelPrecision.Keep && MakesIntegers) throw new ArgumentException("The precision Keep takes weights as they are: block size, zero points, scales, head bits and calibration are for Int4 and Int8.", nameof(Precision));
        if (BlockSize is not (32 or 64 or 128)) throw new ArgumentOutOfRangeException(nameof(BlockSize), BlockSize, "BlockSize must be 32, 64 or 128.");
        if (Calibration is not null && Precision is not (null or ModelPrecision.Int4 or ModelPrecision.Int8)) throw new ArgumentException("Calibration is for the precisions Int4 and Int8.", nameof(Calibration));
        if (Precision == ModelPrecision.W8A8 && (Target != ConversionTarget.Cpu || Activations is not (null or ModelPrecision.Fp32))) throw new ArgumentException("The precision W8A8 is for the CPU and computes in float between its projections.", nameof(Precision));
        if (!Enum.IsDefined(Scales)) throw new ArgumentOutOfRangeException(nameof(Scales), Scales, "Scales must be Search or AbsMax.");
        if (!Enum.IsDefined(Target)) throw new ArgumentOutOfRangeException(nameof(Target), Target, "Target must be Cpu or Cuda.");
        if (Activations is not (null or ModelPrecision.Fp32 or ModelPrecision.Fp16 or ModelPrecision.Bf16)) throw new ArgumentOutOfRangeException(nameof(Activations), Activations, "Activations must be Fp32, Fp16 or Bf16.");
        if (Prefill is not (null or ModelPrecision.W8A8)) throw new ArgumentOutOfRangeException(nameof(Prefill), Prefill, "Prefill must be W8A8.");
        if (Prefill is not null && ToGraphSettings().FloatType != DataType.Float) throw new ArgumentException("A graph for prompts needs a main graph that computes in float: target Cpu.", nameof(Prefill));
        if (Prepack && (Target != ConversionTarget.Cpu || ToGraphSettings().FloatType == DataType.Bfloat16)) throw new ArgumentException("Weights are packed for CPUs: choose the target Cpu and activations other than Bf16.", nameof(Prepack));
        if (LmHeadBits is not (null or 4 or 8)) throw new ArgumentOutOfRangeException(nameof(LmHeadBits), LmHeadBits, "LmHeadBits must be 4 or 8.");
    }

    // On GPUs the native library keeps the caches, and keeps them whole.
    internal GraphSettings ToGraphSettings() => Numbers() with { WindowedCaches = Target == ConversionTarget.Cpu };

    private GraphSettings Numbers()
    {
        if (Precision == ModelPrecision.W8A8) return new GraphSettings(DataType.Float, DataType.Float, null, Format(LmHeadBits ?? 8)) { ChannelLinear = true };
        var precision = Precision ?? ModelPrecision.Int4;
        var isInteger = precision is ModelPrecision.Int4 or ModelPrecision.Int8 or ModelPrecision.Keep;
        var computed = Activations ?? (Target == ConversionTarget.Cpu ? ModelPrecision.Fp32 : isInteger ? ModelPrecision.Fp16 : precision);
        if (!isInteger) return new GraphSettings(FloatType(computed), FloatType(precision), null, null);
        if (precision == ModelPrecision.Keep)
        {
            var otherwise = new QuantizationFormat(8, DefaultBlockSize, ZeroPoints: true);
            return new GraphSettings(FloatType(computed), FloatType(computed), otherwise, otherwise) { CarriedBits = 8, CarriedHeadBits = 8, KeepsNumbers = true };
        }

        var bits = precision == ModelPrecision.Int4 ? 4 : 8;
        var headBits = LmHeadBits ?? bits;

        // Blocks that are there already are what was asked for, without a second loss.
        var carries = Calibration is null && BlockSize == DefaultBlockSize && !ZeroPoints;
        return new GraphSettings(FloatType(computed), FloatType(computed), Format(bits), Format(headBits))
        {
            Calibrated = Calibration is not null,
            CarriedBits = carries ? bits : 0,
            CarriedHeadBits = carries ? headBits : 0,
        };
    }

    private static DataType FloatType(ModelPrecision precision) => precision switch
    {
        ModelPrecision.Fp16 => DataType.Float16,
        ModelPrecision.Bf16 => DataType.Bfloat16,
        _ => DataType.Float,
    };

    private QuantizationFormat Format(int bits) => new(bits, BlockSize, ZeroPoints, Scales);
}
