namespace Gemma.Conversion.Weights;

/// <summary>The parts of a quantised matrix [rows, width] in the weight file.</summary>
/// <param name="Packed">Unsigned integers, [rows, blocks, block bytes].</param>
/// <param name="Scales">One per block, [rows, blocks].</param>
/// <param name="ZeroPoints">One per block, packed, [rows, bytes]; null for symmetric formats.</param>
/// <param name="Blocks">Blocks of a row.</param>
internal sealed record QuantizedMatrix(ExternalTensor Packed, ExternalTensor Scales, ExternalTensor? ZeroPoints, int Blocks)
{
    /// <summary>One number per block, [rows, blocks], that is added to each of its weights; null: none.</summary>
    public ExternalTensor? Offsets { get; init; }

    /// <summary>All bytes.</summary>
    public long Bytes => Packed.Length + Scales.Length + (ZeroPoints?.Length ?? 0) + (Offsets?.Length ?? 0);
}
