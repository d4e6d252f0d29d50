using Gemma.Runtime.Models;
using Gemma.Runtime.Models.Architecture;

namespace Gemma.Cli.Benchmarks;

/// <summary>How many bytes of weights one pass reads: the weight file without the tables of which it reads single rows.</summary>
internal static class WeightTraffic
{
    public static long BytesPerPass(ModelPackage package)
    {
        var data = new FileInfo(package.ModelPath + ".data");
        if (!data.Exists) return new FileInfo(package.ModelPath).Length;
        var rotary = 2L * package.MaxPositions * RotaryWidth(package) * sizeof(float);
        return data.Length - rotary - SeparateEmbedding(package, data.Length - rotary);
    }

    private static int RotaryWidth(ModelPackage package) =>
        package.Config?.Plan.Layers.Select(layer => layer.Attention).DistinctBy(attention => attention.Rotary).Sum(attention => attention.GraphHeadSize / 2) ?? package.KeyValueLayout.Caches[0].HeadSize / 2;

    // A model that does not share embedding and head reads only a row of the embedding.
    private static long SeparateEmbedding(ModelPackage package, long bytes)
    {
        if (package.Config?.Plan is not { TiesEmbedding: false } plan) return 0;
        var (embedding, all) = (0.0, 0.0);
        foreach (var tensor in plan.Tensors().Append(plan.LmHead))
        {
            var elements = tensor.Shape.Aggregate(1.0, (product, dimension) => product * dimension);
            all += elements;
            if (tensor.Name == TensorNames.Embedding) embedding = elements;
        }

        return (long)(bytes * embedding / all);
    }
}
