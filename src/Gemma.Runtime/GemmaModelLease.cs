namespace Gemma.Runtime;

/// <summary>A model that stays loaded while a request uses it. Dispose the lease at the end of the request.</summary>
/// <remarks>
/// Safe for concurrent use; disposing twice does nothing. The lease does not own the model: whoever loaded it may still dispose it, which ends all requests.
/// </remarks>
/// <param name="model">The loaded model.</param>
/// <param name="release">Called once, when the lease is disposed; null where nothing counts leases.</param>
public sealed class GemmaModelLease(GemmaModel model, Action? release = null) : IDisposable
{
    private Action? _release = release;

    /// <summary>The model.</summary>
    public GemmaModel Model { get; } = model ?? throw new ArgumentNullException(nameof(model));

    /// <summary>Ends the use.</summary>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
