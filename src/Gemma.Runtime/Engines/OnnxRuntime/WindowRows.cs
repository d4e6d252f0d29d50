namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>Which rows the caches of sliding-window layers drop, and when.</summary>
/// <param name="Window">The tokens that a token sees, itself included.</param>
/// <param name="Room">Rows besides the window. Half of them take the tokens of a pass, a quarter is there to rewind by.</param>
internal sealed record WindowRows(int Window, int Room)
{
    // Matrix kernels sum in groups of at most so many rows: where whole groups are dropped, sums are rounded as if none were.
    private const int LargestGroup = 128;

    /// <summary>The rows of a slot, unless a pass has more tokens than <see cref="Room"/>.</summary>
    public int Capacity => Window + Room;

    /// <summary>The shortest length that a sequence can be cut to: the next token still sees all its window.</summary>
    /// <param name="dropped">Tokens that were dropped.</param>
    public int ShortestLength(int dropped) => dropped == 0 ? 0 : dropped + Window - 1;

    /// <summary>How many of a sequence's first tokens are to be dropped before a pass.</summary>
    /// <param name="length">Tokens of the sequence.</param>
    /// <param name="dropped">Tokens that were dropped so far.</param>
    /// <param name="tokens">Tokens of the pass.</param>
    public int Drop(int length, int dropped, int tokens)
    {
        var least = length - dropped + tokens > Capacity ? length + tokens - Capacity : 0;
        if (least == 0) return dropped;
        var most = Math.Max(dropped, length - (Window - 1));
        var group = Math.Clamp(Room / 4, 1, LargestGroup);
        var kept = (most - (Room / 4)) / group * group;
        if (kept < least) kept = most / group * group;
        return Math.Max(dropped, kept < least ? most : kept);
    }
}
