using Gemma.Conversion.Quantization;
using Gemma.Conversion.Weights;

namespace Gemma.Conversion.Graph;

/// <summary>A matrix of integers and its format.</summary>
internal sealed record PlannedMatrix(QuantizedMatrix Matrix, QuantizationFormat Format);
