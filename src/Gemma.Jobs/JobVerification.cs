namespace Gemma.Jobs;

/// <summary>What is in a job's folder.</summary>
/// <param name="Lines">Results, each once.</param>
/// <param name="TotalLines">Records of the input.</param>
/// <param name="Errors">Results that are errors.</param>
/// <param name="MissingParts">Parts that are not done.</param>
/// <param name="BrokenParts">Parts whose file is not what the job writes: delete them and run the job again.</param>
public sealed record JobVerification(long Lines, long TotalLines, long Errors, IReadOnlyList<int> MissingParts, IReadOnlyList<int> BrokenParts)
{
    /// <summary>Whether every record has exactly one result.</summary>
    public bool IsComplete => MissingParts.Count == 0 && BrokenParts.Count == 0;
}
