namespace Gemma.Conversion.Weights;

/// <summary>The parts of a quantised matrix [rows, width] in the weight file.</summary>
/// <param name="Packed">Unsigned integers, [rows, blocks, block bytes].</param>
/// <param name="Scales">One per block, [rows, blocks].</param>
/// <param name="ZeroPoints">One per block, packed, [rows, bytes]; null for symmetric formats.</param>
/// <param name="Blocks">Blocks of a row.</param>
internal sealed record QuantizedMatrix(ExternalTensor Packed, ExternalTensor Scales, ExternalTensor? ZeroPoints, int Blocks);
