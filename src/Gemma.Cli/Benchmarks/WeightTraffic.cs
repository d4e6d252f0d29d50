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
        var rotary = package.Config?.Plan.MapsRotaryTables == true ? 0 : 2L * package.MaxPositions * RotaryWidth(package) * sizeof(float);
        var read = data.Length - rotary - (package.Manifest?.MappedBytes ?? 0);
        return read - SeparateEmbedding(package, read) - OtherExperts(package, read);
    }

    private static int RotaryWidth(ModelPackage package) =>
        package.Config?.Plan.Layers.Select(layer => layer.Attention).DistinctBy(attention => attention.Rotary).Sum(attention => attention.GraphHeadSize / 2)
            ?? package.KeyValueLayout.Caches[0].HeadSize / 2;

    // A model that does not share embedding and head reads only a row of the embedding.
    private static long SeparateEmbedding(ModelPackage package, long bytes) =>
        package.Config?.Plan is { TiesEmbedding: false } plan ? (long)(bytes * Share(plan, name => name == TensorNames.Embedding)) : 0;

    // A token goes through some experts only.
    private static long OtherExperts(ModelPackage package, long bytes) => package.Config?.Plan is { } plan && plan.Layers[0].FeedForward.Experts is { } experts
        ? (long)(bytes
            * Share(plan, name => name.EndsWith(ExpertsPlan.GateUp, StringComparison.Ordinal) || name.EndsWith(ExpertsPlan.Down, StringComparison.Ordinal))
            * (experts.Count - experts.Chosen) / experts.Count)
        : 0;

    private static double Share(DecoderPlan plan, Func<string, bool> isMeant)
    {
        var (meant, all) = (0.0, 0.0);
        foreach (var tensor in plan.TiesEmbedding ? plan.Tensors() : plan.Tensors().Append(plan.LmHead))
        {
            if (tensor.Name == PerLayerInputPlan.Table) continue;
            var elements = tensor.Shape.Aggregate(1.0, (product, dimension) => product * dimension);
            all += elements;
            if (isMeant(tensor.Name)) meant += elements;
        }

        return meant / all;
    }
}
