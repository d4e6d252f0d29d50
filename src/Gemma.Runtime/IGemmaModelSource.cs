namespace Gemma.Runtime;

/// <summary>Gives clients their model: one that is loaded already, or one that is loaded at the first use.</summary>
/// <remarks>Safe for concurrent use. Clients never own the model.</remarks>
public interface IGemmaModelSource
{
    /// <summary>The model's name, known before it is loaded.</summary>
    string ModelId { get; }

    /// <summary>The model if it is loaded now, or null.</summary>
    GemmaModel? Loaded { get; }

    /// <summary>The loaded model.</summary>
    /// <param name="cancellationToken">Ends the waiting; a load that others wait for goes on.</param>
    /// <exception cref="GemmaException">The model cannot be loaded; a later call tries again.</exception>
    ValueTask<GemmaModel> GetModelAsync(CancellationToken cancellationToken = default);
}
