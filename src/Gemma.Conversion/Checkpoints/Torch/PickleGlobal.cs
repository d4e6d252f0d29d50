using System.Collections.Frozen;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Torch;

/// <summary>A name that a pickle may refer to. These are all that weights need; everything else in a pickle would be code.</summary>
internal sealed record PickleGlobal(PickleGlobalKind Kind, TensorDataType StorageType = default)
{
    private static readonly FrozenDictionary<string, PickleGlobal> Allowed = new Dictionary<string, PickleGlobal>(StringComparer.Ordinal)
    {
        ["collections OrderedDict"] = new(PickleGlobalKind.OrderedDict),
        ["torch._utils _rebuild_tensor_v2"] = new(PickleGlobalKind.RebuildTensor),
        ["torch._utils _rebuild_parameter"] = new(PickleGlobalKind.RebuildParameter),
        ["torch FloatStorage"] = new(PickleGlobalKind.Storage, TensorDataType.Float32),
        ["torch HalfStorage"] = new(PickleGlobalKind.Storage, TensorDataType.Float16),
        ["torch BFloat16Storage"] = new(PickleGlobalKind.Storage, TensorDataType.BFloat16),
        ["torch DoubleStorage"] = new(PickleGlobalKind.Storage, TensorDataType.Float64),
        ["torch CharStorage"] = new(PickleGlobalKind.Storage, TensorDataType.Int8),
        ["torch ByteStorage"] = new(PickleGlobalKind.Storage, TensorDataType.UInt8),
        ["torch ShortStorage"] = new(PickleGlobalKind.Storage, TensorDataType.Int16),
        ["torch IntStorage"] = new(PickleGlobalKind.Storage, TensorDataType.Int32),
        ["torch LongStorage"] = new(PickleGlobalKind.Storage, TensorDataType.Int64),
        ["torch BoolStorage"] = new(PickleGlobalKind.Storage, TensorDataType.Bool),
        ["torch ComplexFloatStorage"] = new(PickleGlobalKind.Storage, TensorDataType.Complex64),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Looks a name up, exactly as it is written.</summary>
    public static PickleGlobal? Find(string module, string name) => Allowed.GetValueOrDefault($"{module} {name}");
}
