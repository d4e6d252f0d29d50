namespace Gemma.Conversion.Quantization;

/// <summary>Turns rows of weights into blocks of integers.</summary>
/// <remarks>Safe for concurrent use.</remarks>
internal interface IRowQuantizer
{
    /// <summary>The integers' format.</summary>
    QuantizationFormat Format { get; }

    /// <summary>Quantises rows.</summary>
    /// <param name="values">[rows, width].</param>
    /// <param name="width">Weights per row.</param>
    /// <param name="packed">Receives the integers, [rows, blocks, block bytes].</param>
    /// <param name="scales">Receives the scales, [rows, blocks], representable in the scales' type.</param>
    /// <param name="zeroPoints">Receives the packed zero points, if the format has them, [rows, bytes].</param>
    void Quantize(ReadOnlySpan<float> values, int width, Span<byte> packed, Span<float> scales, Span<byte> zeroPoints);
}
