using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Quantization;

/// <summary>Makes quantizers for weights that multiply one value.</summary>
internal interface IRowQuantizerFactory : IDisposable
{
    /// <summary>Makes a quantizer, which lives as long as the factory.</summary>
    /// <param name="format">The integers' format.</param>
    /// <param name="scaleType">The stored type of the scales.</param>
    IRowQuantizer Create(QuantizationFormat format, DataType scaleType);
}
