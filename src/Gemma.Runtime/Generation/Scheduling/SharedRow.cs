namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>A row of a shared pass: a text, and every request for it (several heads over one text take one row).</summary>
internal sealed class SharedRow(ReadOnlyMemory<int> tokens)
{
    public ReadOnlyMemory<int> Tokens { get; } = tokens;

    public List<SharedRequest> Requests { get; } = [];

    /// <summary>Whether nobody waits for it any more.</summary>
    public bool IsAbandoned => Requests.TrueForAll(static request => request.CancellationToken.IsCancellationRequested);
}
