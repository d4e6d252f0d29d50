namespace Gemma.Runtime.Generation.Reading;

/// <summary>A row of a pass: a text, and everybody who reads it (several heads over one prompt take one row).</summary>
internal sealed class ReadingRow(HiddenStateRequest first)
{
    public ReadOnlyMemory<int> Tokens { get; } = first.Tokens;

    public List<HiddenStateRequest> Readers { get; } = [first];

    public bool IsAbandoned => Readers.TrueForAll(static reader => reader.CancellationToken.IsCancellationRequested);
}
