namespace Gemma.Runtime.Models.Architecture;

/// <summary>
/// The caches of a decoder, one for each layer that keeps keys and values, in the order of the layers; cache i is <c>past_key_values.i.key</c> and
/// <c>.value</c> in the graph.
/// </summary>
/// <param name="Caches">The caches.</param>
internal sealed record KeyValueLayout(ValueList<KeyValueCache> Caches)
{
    /// <summary>Tokens that caches of sliding-window layers keep besides the window: a chunk of a prompt, and some to rewind by.</summary>
    public const int WindowRoom = 512;

    /// <summary>Numbers of one token in all caches.</summary>
    public long ElementsPerToken => Caches.Sum(cache => cache.Elements);

    /// <summary>The part of <see cref="ElementsPerToken"/> in caches of sliding-window layers.</summary>
    public long WindowElementsPerToken => Caches.Where(cache => cache.Window is not null).Sum(cache => cache.Elements);

    /// <summary>The largest window; null: no cache has one.</summary>
    public int? Window { get; } = Caches.Max(cache => cache.Window);

    /// <summary>The most tokens that caches of sliding-window layers keep; null: there are none.</summary>
    public int? WindowTokens => Window + WindowRoom;

    /// <summary>Numbers that a sequence of so many tokens keeps.</summary>
    public long Elements(long tokens) =>
        ((ElementsPerToken - WindowElementsPerToken) * tokens) + (WindowElementsPerToken * Math.Min(tokens, WindowTokens ?? 0));

    /// <summary>The caches, or the same ones without windows: they keep everything.</summary>
    public KeyValueLayout If(bool windowed) => windowed ? this : new([.. Caches.Select(cache => cache with { Window = null })]);

    /// <summary>
    /// The caches of layers. Those that read another layer's have none, and neither has attention that sees what comes after: nothing can be appended to it.
    /// </summary>
    public static KeyValueLayout Of(IEnumerable<LayerPlan> layers) => new([.. layers
        .Select(layer => layer.Attention)
        .Where(attention => attention is { SharedCacheLayer: null, IsCausal: true })
        .Select(attention => new KeyValueCache(attention.KeyValueHeads, attention.GraphHeadSize, attention.Window))]);

    /// <summary>Caches that are all alike, as a package of another builder describes them.</summary>
    public static KeyValueLayout Uniform(int layers, int heads, int headSize) => new([.. Enumerable.Repeat(new KeyValueCache(heads, headSize), layers)]);

    /// <summary>The cache that a layer writes, or reads where it has none of its own.</summary>
    public static int CacheOf(IReadOnlyList<LayerPlan> layers, int layer)
    {
        var owner = layers[layer].Attention.SharedCacheLayer ?? layer;
        return layers.Take(owner).Count(other => other.Attention.SharedCacheLayer is null);
    }
}
