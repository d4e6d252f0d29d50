using Gemma.Conversion.Quantization;
using Gemma.Runtime.Models;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Graph;

/// <summary>How a graph's numbers are stored.</summary>
/// <param name="FloatType">The type of activations, caches, logits, norm weights and scales.</param>
/// <param name="WeightType">The type of matrices that are not quantised.</param>
/// <param name="Linear">The quantised format of the layers' projections, or null for <paramref name="WeightType"/>.</param>
/// <param name="LmHead">The quantised format of embedding and lm_head, or null for <paramref name="WeightType"/>.</param>
internal sealed record GraphSettings(DataType FloatType, DataType WeightType, QuantizationFormat? Linear, QuantizationFormat? LmHead)
{
    /// <summary>Everything in float.</summary>
    public static GraphSettings Float { get; } = new(DataType.Float, DataType.Float, null, null);

    /// <summary>The settings that a conversion asks for.</summary>
    /// <remarks>On GPUs the native library keeps the caches, and keeps them whole.</remarks>
    public static GraphSettings Of(ConversionOptions options) => Numbers(options) with { WindowedCaches = options.Target == ConversionTarget.Cpu };

    /// <summary>Whether the layers' projections have 8-bit weights per output channel and 8-bit activations per token.</summary>
    public bool ChannelLinear { get; init; }

    /// <summary>Blocks of the checkpoint whose codes have no more bits than this stay as they are in the layers' projections; 0: none do.</summary>
    public int CarriedBits { get; init; }

    /// <summary>The same for embedding and lm_head.</summary>
    public int CarriedLmHeadBits { get; init; }

    /// <summary>Whether matrices of single numbers keep the checkpoint's type, whatever the formats of the others.</summary>
    public bool KeepsNumbers { get; init; }

    /// <summary>Whether the projections' integers wait for calibration.</summary>
    public bool Calibrated { get; init; }

    /// <summary>Whether caches of sliding-window layers may drop what no token sees any more. The inputs that say so are optional.</summary>
    public bool WindowedCaches { get; init; }

    /// <summary>The quantised format of a matrix, or null for floating-point numbers.</summary>
    public QuantizationFormat? FormatOf(MatrixRole role) => role switch
    {
        MatrixRole.LmHead => LmHead,
        MatrixRole.Expert when ChannelLinear => LmHead is null ? null : LmHead with { Bits = 8 },
        MatrixRole.Fine => Linear is null ? null : Linear with { Bits = 8 },
        _ => Linear,
    };

    /// <summary>The most bits of the checkpoint's blocks that a matrix keeps.</summary>
    public int CarriedBitsOf(MatrixRole role) => role == MatrixRole.LmHead ? CarriedLmHeadBits : CarriedBits;

    /// <summary>Whether the projections' inputs are outputs of the graph, to record them.</summary>
    public bool ShowsInputs { get; init; }

    private static GraphSettings Numbers(ConversionOptions options)
    {
        var precision = PrecisionTraits.Of(options.Precision ?? ModelPrecision.Int4);
        var computed = TypeOf(options.ComputedIn);
        var lmHeadBits = options.LmHeadBits ?? precision.Bits;
        switch (precision.Weights)
        {
            case WeightEncoding.Numbers:
                return new GraphSettings(computed, TypeOf(precision.Precision), null, null);
            case WeightEncoding.Channels:
                return new GraphSettings(computed, computed, null, Format(lmHeadBits)) { ChannelLinear = true };
            case WeightEncoding.AsStored:
                var otherwise = new QuantizationFormat(precision.Bits, ConversionOptions.DefaultBlockSize, ZeroPoints: true);
                return new GraphSettings(computed, computed, otherwise, otherwise)
                {
                    CarriedBits = precision.Bits,
                    CarriedLmHeadBits = precision.Bits,
                    KeepsNumbers = true,
                };
            default:
                // Blocks that are there already are what was asked for, without a second loss.
                return new GraphSettings(computed, computed, Format(precision.Bits), Format(lmHeadBits))
                {
                    Calibrated = options.Calibration is not null,
                    CarriedBits = options.CarriesBlocks ? precision.Bits : 0,
                    CarriedLmHeadBits = options.CarriesBlocks ? lmHeadBits : 0,
                };
        }

        QuantizationFormat Format(int bits) => new(bits, options.BlockSize, options.ZeroPoints, options.Scales);
    }

    private static DataType TypeOf(ModelPrecision precision) => precision switch
    {
        ModelPrecision.Fp16 => DataType.Float16,
        ModelPrecision.Bf16 => DataType.Bfloat16,
        _ => DataType.Float,
    };
}
