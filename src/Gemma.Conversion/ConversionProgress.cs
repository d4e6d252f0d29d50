namespace Gemma.Conversion;

/// <summary>How far a conversion is.</summary>
/// <param name="BytesDone">Weights that are done, counted as binary32.</param>
/// <param name="BytesTotal">All weights, counted as binary32.</param>
public readonly record struct ConversionProgress(long BytesDone, long BytesTotal);
