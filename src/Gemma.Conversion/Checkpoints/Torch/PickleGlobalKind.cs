namespace Gemma.Conversion.Checkpoints.Torch;

/// <summary>What an allowed name in a pickle stands for.</summary>
internal enum PickleGlobalKind
{
    /// <summary>A type of storage: only named, never called.</summary>
    Storage,

    /// <summary>A dictionary that keeps its order.</summary>
    OrderedDict,

    /// <summary>A view of a storage.</summary>
    RebuildTensor,

    /// <summary>A tensor that was trained: the same tensor here.</summary>
    RebuildParameter,
}
