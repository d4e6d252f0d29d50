namespace Gemma.Runtime.Generation.Reading;

/// <summary>A row of a pass: a text, and everybody who reads it (several heads over one prompt take one row).</summary>
internal sealed class ReadingRow(HiddenStateRequest first)
{
    // Attention rounds a text differently in a wider pass. Widths in small steps, filled up with tokens that no earlier one can see, make a text's result the same in every company.
    private const int WidthStep = 8;

    public ReadOnlyMemory<int> Tokens { get; } = first.Tokens;

    public List<HiddenStateRequest> Readers { get; } = [first];

    /// <summary>The width of the pass that a text of so many tokens is read in.</summary>
    public static int Width(int tokens) => (tokens + WidthStep - 1) / WidthStep * WidthStep;

    /// <summary>The tokens, filled up to their width as far as the context goes.</summary>
    public ReadOnlyMemory<int> Padded(int contextLength)
    {
        var width = Math.Min(Width(Tokens.Length), contextLength);
        if (width == Tokens.Length) return Tokens;
        var padded = new int[width];
        Tokens.Span.CopyTo(padded);
        return padded;
    }

    public bool IsAbandoned => Readers.TrueForAll(static reader => reader.CancellationToken.IsCancellationRequested);
}
