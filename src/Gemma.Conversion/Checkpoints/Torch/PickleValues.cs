using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Torch;

/// <summary>A container in a pickle; its depth is that of its deepest content, plus one.</summary>
internal abstract class PickleContainer
{
    public int Depth { get; set; } = 1;
}

/// <summary>A tuple.</summary>
internal sealed class PickleTuple(object?[] items) : PickleContainer
{
    public object?[] Items { get; } = items;
}

/// <summary>A list.</summary>
internal sealed class PickleList : PickleContainer
{
    public List<object?> Items { get; } = [];
}

/// <summary>A dict or an OrderedDict.</summary>
internal sealed class PickleDictionary(bool ordered) : PickleContainer
{
    public bool Ordered { get; } = ordered;

    public Dictionary<object, object?> Items { get; } = [];
}

/// <summary>A storage that tensors are views of: "count" elements under a key.</summary>
internal sealed record PickleStorage(string Key, TensorDataType DataType, long Count);

/// <summary>A view of a storage; offset and strides count elements and stay inside it.</summary>
internal sealed record PickleTensor(PickleStorage Storage, long Offset, long[] Sizes, long[] Strides);
