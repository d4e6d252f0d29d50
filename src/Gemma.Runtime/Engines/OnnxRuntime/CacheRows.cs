namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>Rows of a slot in caches that keep every token, and in caches of sliding-window layers, which drop the first ones.</summary>
/// <param name="All">Rows in the former.</param>
/// <param name="Window">Rows in the latter, at most as many.</param>
internal readonly record struct CacheRows(int All, int Window)
{
    /// <summary>The larger of each.</summary>
    public CacheRows Max(CacheRows other) => new(Math.Max(All, other.All), Math.Max(Window, other.Window));

    /// <summary>The smaller of each.</summary>
    public CacheRows Min(CacheRows other) => new(Math.Min(All, other.All), Math.Min(Window, other.Window));

    /// <summary>Whether these rows have room in <paramref name="capacity"/>.</summary>
    public bool Fit(CacheRows capacity) => All <= capacity.All && Window <= capacity.Window;
}
