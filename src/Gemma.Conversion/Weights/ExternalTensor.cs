using Gemma.Conversion.Graph.Onnx;

namespace Gemma.Conversion.Weights;

/// <summary>A tensor in the package's weight file.</summary>
/// <param name="Name">The initializer's name.</param>
/// <param name="DataType">The stored element type.</param>
/// <param name="Dimensions">The shape, outermost first.</param>
/// <param name="Offset">Where it begins in the file, in bytes; a multiple of the page size.</param>
/// <param name="Length">Its bytes.</param>
internal sealed record ExternalTensor(string Name, TensorProto.Types.DataType DataType, IReadOnlyList<long> Dimensions, long Offset, long Length)
{
    /// <summary>The same bytes under another name and shape.</summary>
    public ExternalTensor Alias(string name, params IReadOnlyList<long> dimensions) => this with { Name = name, Dimensions = dimensions };
}
