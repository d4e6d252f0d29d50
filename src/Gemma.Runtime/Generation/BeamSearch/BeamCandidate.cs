namespace Gemma.Runtime.Generation.BeamSearch;

/// <summary>One token that could continue one beam.</summary>
/// <param name="Rank">What candidates are ordered by: the score, or in sampling the score with noise.</param>
/// <param name="Score">The beam's score with the token.</param>
/// <param name="Beam">The beam's place among the running ones.</param>
/// <param name="Token">The token.</param>
internal readonly record struct BeamCandidate(double Rank, float Score, int Beam, int Token);
