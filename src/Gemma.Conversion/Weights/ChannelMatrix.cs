namespace Gemma.Conversion.Weights;

/// <summary>The parts of a matrix with one scale per output channel in the weight file.</summary>
/// <param name="Integers">Signed integers, [in, out].</param>
/// <param name="Scales">One per output channel, [out].</param>
internal sealed record ChannelMatrix(ExternalTensor Integers, ExternalTensor Scales);
