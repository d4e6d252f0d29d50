namespace Gemma.Runtime.Models.Architecture;

/// <summary>A tensor that a checkpoint of a plan has.</summary>
/// <param name="Name">Its name in Hugging Face's spelling, without the prefix of the class that it was saved from.</param>
/// <param name="Shape">Its dimensions, outermost first; weights of projections are [out, in].</param>
internal sealed record PlannedTensor(string Name, params IReadOnlyList<long> Shape);
