using System.Globalization;

namespace Gemma.Jobs;

/// <summary>How far a job is.</summary>
/// <param name="Lines">Records that are done, by whomever.</param>
/// <param name="TotalLines">Records in all, of this process's share.</param>
/// <param name="Parts">Parts that are done.</param>
/// <param name="TotalParts">Parts in all, of this process's share.</param>
/// <param name="Errors">Records of this run whose result is an error.</param>
/// <param name="FailedParts">Parts that were left out after several failures.</param>
/// <param name="LinesPerSecond">The speed of this run; 0 while nothing is known.</param>
public sealed record JobProgress(long Lines, long TotalLines, int Parts, int TotalParts, long Errors, int FailedParts, double LinesPerSecond)
{
    /// <summary>How long the rest takes at this speed; null while nothing is known.</summary>
    public TimeSpan? Remaining =>
        LinesPerSecond > 0 ? TimeSpan.FromSeconds(Math.Min((TotalLines - Lines) / LinesPerSecond, TimeSpan.MaxValue.TotalSeconds / 2)) : null;

    /// <summary>Whether nothing is left to do.</summary>
    public bool IsComplete => Parts + FailedParts == TotalParts;

    /// <inheritdoc />
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Lines} of {TotalLines} lines, {LinesPerSecond:0.#} per second")
        + (Remaining is { } left ? string.Create(CultureInfo.InvariantCulture, $", {Math.Floor(left.TotalHours):0}:{left:mm\\:ss} left") : string.Empty)
        + (Errors > 0 ? string.Create(CultureInfo.InvariantCulture, $", {Errors} with errors") : string.Empty)
        + (FailedParts > 0 ? string.Create(CultureInfo.InvariantCulture, $", {FailedParts} parts failed") : string.Empty);
}
