namespace Gemma.Conversion.Quantization;

/// <summary>What quantisation did to a matrix.</summary>
/// <param name="Name">The matrix's name in the graph.</param>
/// <param name="Bits">Bits per weight.</param>
/// <param name="BlockSize">Weights per scale.</param>
/// <param name="Weights">The number of weights.</param>
/// <param name="RelativeSquaredError">The squared error of the weights divided by their squares.</param>
public sealed record TensorError(string Name, int Bits, int BlockSize, long Weights, double RelativeSquaredError);
