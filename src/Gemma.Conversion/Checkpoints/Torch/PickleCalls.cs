namespace Gemma.Conversion.Checkpoints.Torch;

/// <summary>The three calls that a pickle of weights makes, as data: nothing is looked up or run.</summary>
internal static class PickleCalls
{
    private const int MaxRank = 16;
    private const long MaxSize = 1L << 40;

    // A tensor may repeat elements (stride 0), but not so that a small file stands for endless memory.
    private const long MaxRepetition = 64;
    private const long SmallTensor = 1 << 20;

    /// <summary>The result of a call, or null with the reason why it is refused.</summary>
    public static object? Call(PickleGlobal function, object?[] arguments, out string problem)
    {
        problem = string.Empty;
        switch (function.Kind)
        {
            case PickleGlobalKind.OrderedDict when arguments is [] or [PickleList { Items.Count: 0 }]:
                return new PickleDictionary(ordered: true);
            case PickleGlobalKind.RebuildParameter when arguments is [PickleTensor tensor, bool, PickleDictionary { Ordered: true, Items.Count: 0 }]:
                return tensor;
            case PickleGlobalKind.RebuildTensor when arguments is [PickleStorage storage, long offset, PickleTuple sizes, PickleTuple strides, bool,
                PickleDictionary { Ordered: true, Items.Count: 0 }, ..] && arguments.Length <= 7:
                return Tensor(storage, offset, sizes.Items, strides.Items, out problem);
            case PickleGlobalKind.Storage:
                problem = "a storage type is called";
                return null;
            default:
                problem = $"{function.Kind} has other arguments than PyTorch writes";
                return null;
        }
    }

    private static PickleTensor? Tensor(PickleStorage storage, long offset, object?[] sizes, object?[] strides, out string problem)
    {
        problem = "a tensor's offset, sizes or strides are no valid numbers";
        if (sizes.Length != strides.Length || sizes.Length > MaxRank || offset < 0 || offset > storage.Count) return null;
        var shape = new long[sizes.Length];
        var steps = new long[sizes.Length];
        Int128 count = 1;
        Int128 last = offset;
        for (var i = 0; i < sizes.Length; i++)
        {
            if (sizes[i] is not long size || strides[i] is not long stride || size is < 0 or > MaxSize || stride is < 0 or > MaxSize) return null;
            (shape[i], steps[i]) = (size, stride);
            count *= size;
            last += (Int128)(size - 1) * stride;
            if (count > MaxSize) return null;
        }

        problem = $"a tensor of shape [{string.Join(", ", shape)}] reaches outside its storage of {storage.Count} elements";
        if (count > 0 && last >= storage.Count) return null;
        problem = $"a tensor of shape [{string.Join(", ", shape)}] repeats a storage of {storage.Count} elements too often";
        return count <= Int128.Max(MaxRepetition * (Int128)storage.Count, SmallTensor) ? new PickleTensor(storage, offset, shape, steps) : null;
    }
}
