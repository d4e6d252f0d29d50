namespace Gemma.Runtime.Models;

/// <summary>What a package needs in memory, known before it is loaded.</summary>
/// <param name="WeightBytes">The weights that are in memory and the graph, in bytes.</param>
/// <param name="BytesPerToken">Keys and values of one token in one sequence, in bytes.</param>
/// <param name="ContextLength">The most tokens of a sequence.</param>
/// <param name="Sequences">Sequences held at the same time: those that run and those that the prefix cache keeps.</param>
/// <remarks>Immutable. Work buffers of a pass come on top: for the 2b shape about 0.1 GB, more for prompts of thousands of tokens. Of weights that are saved as
/// packed (<c>gemma convert --prepack</c>) a process owns next to nothing: all that use the package share them.</remarks>
public sealed record MemoryEstimate(long WeightBytes, long BytesPerToken, int ContextLength, int Sequences)
{
    /// <summary>Keys and values when every sequence is full, in bytes. The cache grows as it fills.</summary>
    public long KeyValueCacheBytes => ((BytesPerToken * ContextLength) - (WindowBytesPerToken * Math.Max(0, ContextLength - WindowTokens))) * Sequences;

    /// <summary>
    /// The part of <see cref="BytesPerToken"/> in layers with a sliding window, of which <see cref="WindowTokens"/> at most are kept, in bytes.
    /// </summary>
    /// <value>Default 0: every layer keeps all tokens.</value>
    public long WindowBytesPerToken { get; init; }

    /// <summary>The most tokens that layers with a sliding window keep: the window, a chunk of a prompt and some to rewind by.</summary>
    /// <value>Default 0.</value>
    public int WindowTokens { get; init; }

    /// <summary>Weights that stay on disk, in bytes: tables of which a token reads one row, which the system maps and keeps in spare memory only.</summary>
    /// <value>Default 0. The per-layer embeddings of Gemma 4's E models, which are most of their weight file, and the rotary tables of models for more than
    /// 8192 tokens, of which a text reads as many rows as it has tokens.</value>
    public long MappedBytes { get; init; }

    /// <summary>Weights and full key-value cache, in bytes, without <see cref="MappedBytes"/>.</summary>
    public long TotalBytes => WeightBytes + KeyValueCacheBytes;

    /// <summary>Estimates a package.</summary>
    /// <param name="package">The opened package.</param>
    /// <param name="contextLength">The most tokens of a sequence, or null for what the model was trained for.</param>
    /// <param name="sequences">Sequences held at the same time.</param>
    /// <param name="withPrefillGraph">Whether the package's second graph for prompts is loaded too.</param>
    /// <param name="cachePrecision">The number type of keys and values.</param>
    public static MemoryEstimate For(ModelPackage package, int? contextLength = null, int sequences = 1, bool withPrefillGraph = false,
        CachePrecision cachePrecision = CachePrecision.Package)
    {
        ArgumentNullException.ThrowIfNull(package);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sequences);
        if (contextLength is { } asked) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(asked, nameof(contextLength));

        // Graphs of other builders do not say; float is the most it can be.
        var elementSize = IsHalf(package.Manifest?.Activations) ? 2 : 4;

        // 16-bit weights of a graph that computes in float are widened at load.
        var mapped = package.Manifest?.MappedBytes ?? 0;
        var weights = (WeightsOf(package.ModelPath) - mapped) * (IsHalf(package.Manifest?.Precision) && elementSize == 4 ? 2 : 1);
        if (elementSize == 4)
        {
            weights += package.Manifest?.Weights?.Where(matrices => IsHalf(matrices.Stored) && !IsHalf(package.Manifest.Precision))
                .Sum(matrices => matrices.Bytes) ?? 0;
        }
        if (withPrefillGraph && package.PrefillModelPath is { } prefill) weights += WeightsOf(prefill);
        var caches = package.KeyValueLayout;
        if (cachePrecision == CachePrecision.Fp16) elementSize = 2;
        return new MemoryEstimate(weights, caches.ElementsPerToken * elementSize, Math.Min(contextLength ?? package.ContextLength, package.MaxPositions),
            sequences)
        {
            MappedBytes = mapped,
            WindowBytesPerToken = caches.WindowElementsPerToken * elementSize,
            WindowTokens = caches.WindowTokens ?? 0,
        };
    }

    private static bool IsHalf(string? precision) => PrecisionTraits.Find(precision) is { IsHalf: true };

    private static long WeightsOf(string modelPath)
    {
        var data = new FileInfo(modelPath + ".data");
        return new FileInfo(modelPath).Length + (data.Exists ? data.Length : 0);
    }
}
