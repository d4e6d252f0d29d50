namespace Gemma.Conversion.Quantization;

/// <summary>A block-quantised weight format: what ORT's MatMulNBits and GatherBlockQuantized read.</summary>
/// <param name="Bits">Bits per weight: 4 or 8.</param>
/// <param name="BlockSize">Weights per scale, along the input dimension.</param>
/// <param name="ZeroPoints">Whether each block has a zero point.</param>
/// <param name="Scales">How scales are chosen.</param>
internal sealed record QuantizationFormat(int Bits, int BlockSize, bool ZeroPoints, ScaleChoice Scales = ScaleChoice.Search)
{
    /// <summary>The largest integer.</summary>
    public int Top => (1 << Bits) - 1;

    /// <summary>The integer that means 0 in a block without zero point.</summary>
    public int Middle => 1 << (Bits - 1);

    /// <summary>Blocks of a row; the last one is filled up with zeros.</summary>
    public int BlockCount(int width) => (width + BlockSize - 1) / BlockSize;

    /// <summary>Bytes of a row's integers.</summary>
    public int PackedBytes(int width) => BlockCount(width) * BlockSize * Bits / 8;

    /// <summary>Bytes of a row's zero points.</summary>
    public int ZeroPointBytes(int width) => ZeroPoints ? ((BlockCount(width) * Bits) + 7) / 8 : 0;
}
