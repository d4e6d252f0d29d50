namespace Gemma.Conversion.Quantization;

/// <summary>A block-quantised weight format: what ORT's MatMulNBits and GatherBlockQuantized read.</summary>
/// <param name="Bits">Bits per weight: 4 or 8.</param>
/// <param name="BlockSize">Weights per scale, along the input dimension.</param>
/// <param name="ZeroPoints">Whether each block has a zero point.</param>
internal sealed record QuantizationFormat(int Bits, int BlockSize, bool ZeroPoints)
{
    /// <summary>Blocks of a row; the last one is filled up with zeros.</summary>
    public int BlockCount(int width) => (width + BlockSize - 1) / BlockSize;

    /// <summary>Bytes of a row's zero points.</summary>
    public int ZeroPointBytes(int width) => ((BlockCount(width) * Bits) + 7) / 8;
}
