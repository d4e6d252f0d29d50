using System.Runtime.CompilerServices;

namespace Gemma.Tokenization.BytePairs;

/// <summary>What the text of a piece means.</summary>
internal static class PieceText
{
    private const string Digits = "0123456789ABCDEF";

    /// <summary>The byte that a piece <c>&lt;0xNN&gt;</c> stands for, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ByteValue(ReadOnlySpan<byte> piece) => LooksLikeByte(piece) ? HexValues(piece) : -1;

    /// <summary>Whether a piece has the form <c>&lt;0x..&gt;</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool LooksLikeByte(ReadOnlySpan<byte> piece) => piece.Length == 6 && piece[5] == '>' && piece.StartsWith("<0x"u8);

    /// <summary>Writes the six bytes of <c>&lt;0xNN&gt;</c>.</summary>
    public static void WriteByteName(byte value, Span<byte> name)
    {
        "<0x00>"u8.CopyTo(name);
        name[3] = (byte)Digits[value >> 4];
        name[4] = (byte)Digits[value & 15];
    }

    private static int HexValues(ReadOnlySpan<byte> piece)
    {
        var high = HexValue(piece[3]);
        var low = HexValue(piece[4]);
        return (high | low) < 0 ? -1 : (high << 4) | low;
    }

    private static int HexValue(byte digit) => Digits.IndexOf(char.ToUpperInvariant((char)digit), StringComparison.Ordinal);
}
