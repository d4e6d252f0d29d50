namespace Gemma.Runtime;

/// <summary>Gives clients their model: one that is loaded already, or one that is loaded at the first use.</summary>
/// <remarks>Safe for concurrent use. Clients never own the model.</remarks>
public interface IGemmaModelSource
{
    /// <summary>The model's name, known before it is loaded.</summary>
    string ModelId { get; }

    /// <summary>The model if it is loaded now, or null.</summary>
    GemmaModel? Loaded { get; }

    /// <summary>Width of the model's hidden states and vectors, where it is known; a source may know it before the model is loaded.</summary>
    int? HiddenSize => Loaded?.Package.Config?.HiddenSize;

    /// <summary>
    /// The loaded model. A source that unloads idle models may do so once nothing uses it: requests take a lease with <see cref="AcquireAsync"/>.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting; a load that others wait for goes on.</param>
    /// <exception cref="GemmaException">The model cannot be loaded; a later call tries again.</exception>
    ValueTask<GemmaModel> GetModelAsync(CancellationToken cancellationToken = default);

    /// <summary>The loaded model, kept loaded until the lease is disposed: what a request uses from its first step to its last.</summary>
    /// <param name="cancellationToken">Ends the waiting; a load that others wait for goes on.</param>
    /// <exception cref="GemmaException">The model cannot be loaded; a later call tries again.</exception>
    async ValueTask<GemmaModelLease> AcquireAsync(CancellationToken cancellationToken = default) =>
        new(await GetModelAsync(cancellationToken).ConfigureAwait(false));
}
