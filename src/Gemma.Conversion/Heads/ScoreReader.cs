using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Models;
using Gemma.Runtime.Models.Architecture;

namespace Gemma.Conversion.Heads;

/// <summary>Reads a classifier's score layer from a checkpoint.</summary>
internal static class ScoreReader
{
    /// <summary>Reads and checks the layer.</summary>
    /// <param name="reader">The tensors.</param>
    /// <param name="config">The classifier's configuration.</param>
    /// <param name="path">The checkpoint, for messages.</param>
    /// <param name="name">The head's name in the package.</param>
    /// <exception cref="InvalidModelException">A tensor is missing, of another shape than the labels ask for, or holds NaN or infinite numbers.</exception>
    public static ClassificationHead Read(CheckpointReader reader, GemmaConfig config, string path, string name)
    {
        var isToken = config.Architecture == GemmaArchitecture.TokenClassification;
        var weight = ReadTensor(reader, path, ScoreFile.Weight, config.Labels.Count, config.HiddenSize);

        // transformers gives the sequence classifier no bias, and ignores one in the file.
        var bias = isToken ? ReadTensor(reader, path, ScoreFile.Bias, config.Labels.Count) : null;
        return new ClassificationHead(weight, bias)
        {
            Name = name,
            Kind = isToken ? ClassificationHeadKind.Token : ClassificationHeadKind.Sequence,
            Labels = config.Labels,
            ProblemType = config.ProblemType,
            PadTokenId = config.PadTokenId,
            HiddenSize = config.HiddenSize,
        };
    }

    private static float[] ReadTensor(CheckpointReader reader, string path, string name, params ReadOnlySpan<long> shape)
    {
        if (!reader.Tensors.TryGetValue(name, out var tensor))
            throw new InvalidModelException(path, name, "the tensor is missing; without it the classifier has no meaning, download the checkpoint again");
        if (!Widening.CanRead(tensor.DataType)) throw new InvalidModelException(path, name, Widening.Refusal(tensor.DataType));
        if (!tensor.Shape.SequenceEqual(shape.ToArray()))
        {
            throw new InvalidModelException(path, name,
                $"the shape is [{string.Join(", ", tensor.Shape)}], but config.json's labels and hidden_size ask for [{string.Join(", ", shape.ToArray())}]");
        }
        var numbers = new float[tensor.ElementCount];
        reader.Read(name, 0, numbers);
        return ElementTypes.AreFinite(numbers)
            ? numbers
            : throw new InvalidModelException(path, name, "a weight is NaN or infinite; the checkpoint is damaged or its training diverged");
    }
}
