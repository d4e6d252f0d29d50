using Gemma.Runtime.Inputs;

namespace Gemma.Cli.Infrastructure;

/// <summary>
/// Runs the lines of a batch at the same time and gives their results in the order of the lines, each as soon as it and those before it are there: every
/// command that reads JSON Lines and computes goes through here.
/// </summary>
internal static class OrderedBatch
{
    /// <summary>Runs a batch.</summary>
    /// <param name="lines">The input; read while earlier lines are computed.</param>
    /// <param name="work">Computes one line.</param>
    /// <param name="write">Takes one result.</param>
    /// <param name="cancellationToken">Stops all lines.</param>
    /// <exception cref="UsageException">A line is wrong; the results of the lines before it were written.</exception>
    public static async Task RunAsync<T>(IAsyncEnumerable<JsonLine> lines, Func<JsonLine, CancellationToken, Task<T>> work, Action<T> write,
        CancellationToken cancellationToken)
    {
        await foreach (var result in OrderedPipeline.RunAsync(lines, (line, _, leaving) => RunAsync(line, work, leaving), cancellationToken: cancellationToken))
            write(result);
    }

    private static async Task<T> RunAsync<T>(JsonLine line, Func<JsonLine, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work(line, cancellationToken);
        }
        catch (Exception e) when (JsonLine.IsAtFault(e))
        {
            throw line.Error(e);
        }
    }
}
