using Microsoft.Extensions.VectorData;

namespace Gemma.Samples.Retrieval;

/// <summary>A line that can be found by its meaning.</summary>
internal sealed class Note
{
    [VectorStoreKey]
    public int Id { get; set; }

    [VectorStoreData]
    public string Text { get; set; } = string.Empty;

    // The width of the tiny model; EmbeddingGemma's is 768.
    [VectorStoreVector(192, DistanceFunction = DistanceFunction.CosineSimilarity)]
    public ReadOnlyMemory<float> Vector { get; set; }
}
