using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Models;
using Gemma.Runtime.Models.Architecture;

namespace Gemma.Conversion.Checkpoints.Google;

/// <summary>Google's checkpoints have no config.json: the sizes are the tensors', and the width of a head is that of the saved rotary table.</summary>
internal static class GoogleConfig
{
    private const string Prefix = "model.";

    /// <summary>The configuration of the tensors, checked as one in a file is.</summary>
    /// <exception cref="InvalidModelException">A size cannot be found or is impossible.</exception>
    public static GemmaConfig Derive(string path, CheckpointReader reader)
    {
        var embedding = Shape(Prefix + TensorNames.Embedding, 2);
        var rotary = reader.Tensors.TryGetValue(GoogleLayout.Rotary, out var table) && table.Shape.Count == 2 && table.Shape[1] > 0
            ? table.Shape
            : throw new InvalidModelException(path, GoogleLayout.Rotary,
                "the table is missing, so the width of a head is unknown; give a config.json (--config)");
        var headDim = 2 * rotary[1];
        var queries = Shape(Prefix + TensorNames.Weight(0, TensorNames.Query), 2)[0];
        var keys = Shape(Prefix + TensorNames.Weight(0, TensorNames.Key), 2)[0];
        if (queries % headDim != 0 || keys % headDim != 0)
        {
            throw new InvalidModelException(path, GoogleLayout.Rotary,
                $"heads of {headDim} do not fit {queries} rows of queries and {keys} of keys; give a config.json (--config)");
        }
        var layers = 0;
        while (reader.Tensors.ContainsKey(Prefix + TensorNames.Weight(layers, TensorNames.Query))) layers++;

        // The original code saves twice as many positions as the model was trained for.
        return ShapeConfig.Create(path, embedding[0], embedding[1], Shape(Prefix + TensorNames.Weight(0, TensorNames.Gate), 2)[0], layers, queries / headDim,
            keys / headDim, headDim, Math.Max(1, rotary[0] / 2));

        IReadOnlyList<long> Shape(string name, int rank) =>
            reader.Tensors.TryGetValue(name, out var tensor) && tensor.Shape.Count == rank
                ? tensor.Shape
                : throw new InvalidModelException(path, name, "the tensor is missing or no matrix; the checkpoint is incomplete, download it again");
    }
}
