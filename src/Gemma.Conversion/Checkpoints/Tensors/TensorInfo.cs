using Gemma.Conversion.Checkpoints.Gguf.Blocks;

namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>Name, type and shape of a stored tensor; the shape has been checked against the file's size.</summary>
/// <param name="Name">The tensor's name, in Hugging Face's spelling.</param>
/// <param name="DataType">The stored element type.</param>
/// <param name="Shape">The dimensions, outermost first, in PyTorch's orientation ([out, in] for a linear layer).</param>
public sealed record TensorInfo(string Name, TensorDataType DataType, IReadOnlyList<long> Shape)
{
    /// <summary>The blocks that the file packs the weights into, such as "q4_k": then <see cref="DataType"/> is what they are read as.</summary>
    /// <value>Default null: single numbers of <see cref="DataType"/>.</value>
    public string? Blocks => BlockType?.Name.ToLowerInvariant();

    /// <summary>How the blocks are packed, or null.</summary>
    internal BlockType? BlockType { get; init; }

    /// <summary>Whether the weights were in blocks before an adapter was merged into them: then single numbers are not what the checkpoint stores.</summary>
    internal bool HadBlocks { get; init; }

    /// <summary>The number of elements.</summary>
    public long ElementCount => Shape.Aggregate(1L, (product, dimension) => checked(product * dimension));
}
