using System.Runtime.InteropServices;

namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>Texts are equal if their tokens are.</summary>
internal sealed class TokenComparer : IEqualityComparer<ReadOnlyMemory<int>>
{
    public bool Equals(ReadOnlyMemory<int> x, ReadOnlyMemory<int> y) => x.Span.SequenceEqual(y.Span);

    public int GetHashCode(ReadOnlyMemory<int> obj)
    {
        var hash = default(HashCode);
        hash.AddBytes(MemoryMarshal.AsBytes(obj.Span));
        return hash.ToHashCode();
    }
}
