using System.Text.Json;

namespace Gemma.Jobs;

/// <summary>Makes results of a job's lines. Called for many lines at the same time.</summary>
public interface IJobWorker
{
    /// <summary>Computes the result of one line. It must depend on nothing but the line, so that a part that runs twice is the same twice.</summary>
    /// <param name="line">The line.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>Writes the result's properties into an object that is open.</returns>
    /// <exception cref="GemmaException">The line cannot be worked on: its result says so. Any other exception is a failure of its part, which runs
    /// again.</exception>
    Task<Action<Utf8JsonWriter>> RunAsync(JobLine line, CancellationToken cancellationToken);
}
