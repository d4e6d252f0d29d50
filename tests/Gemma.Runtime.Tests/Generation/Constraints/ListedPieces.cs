using System.Text;
using Gemma.Runtime.Generation.Constraints.Tokens;

namespace Gemma.Runtime.Tests.Generation.Constraints;

/// <summary>A vocabulary of given pieces after a stop id and all single bytes.</summary>
internal sealed class ListedPieces(params string[] pieces) : ITokenBytes
{
    public const int Stop = 0;

    private readonly byte[][] _bytes = [[], .. Enumerable.Range(0, 256).Select(value => new[] { (byte)value }), .. pieces.Select(Encoding.UTF8.GetBytes)];

    public int Count => _bytes.Length;

    public ReadOnlySpan<byte> GetBytes(int id) => _bytes[id];

    public bool IsSpecial(int id) => id == Stop;
}
