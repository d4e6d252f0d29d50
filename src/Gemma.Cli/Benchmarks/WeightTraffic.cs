using Gemma.Runtime.Models;

namespace Gemma.Cli.Benchmarks;

/// <summary>How many bytes of weights one pass reads: the weight file without the tables of which it reads single rows.</summary>
internal static class WeightTraffic
{
    public static long BytesPerPass(ModelPackage package)
    {
        var data = new FileInfo(package.ModelPath + ".data");
        if (!data.Exists) return new FileInfo(package.ModelPath).Length;
        var rotary = 2L * package.MaxPositions * (package.HeadSize / 2) * sizeof(float);
        return data.Length - rotary - SeparateEmbedding(package, data.Length - rotary);
    }

    // A model that does not share embedding and head reads only a row of the embedding.
    private static long SeparateEmbedding(ModelPackage package, long bytes)
    {
        if (package.Config is not { TieWordEmbeddings: false } config) return 0;
        var embedding = (double)config.VocabSize * config.HiddenSize;
        var layer = (config.HiddenSize * (double)((2 * config.QuerySize) + (2 * config.KeyValueSize))) + (3.0 * config.HiddenSize * config.IntermediateSize);
        return (long)(bytes * embedding / ((2 * embedding) + (config.NumHiddenLayers * layer)));
    }
}
