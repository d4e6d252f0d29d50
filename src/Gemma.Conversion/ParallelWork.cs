using System.Runtime.ExceptionServices;
using Gemma.Runtime.Engines.Processors;

namespace Gemma.Conversion;

/// <summary>Runs independent pieces of work on as many threads as a model computes with.</summary>
internal static class ParallelWork
{
    /// <summary>Runs a piece for every item; the first failure is thrown as it is.</summary>
    public static void Run<T>(IEnumerable<T> items, Action<T> work, CancellationToken cancellationToken)
    {
        try
        {
            Parallel.ForEach(items, Options(cancellationToken), work);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }
    }

    /// <summary>Runs pieces 0 to <paramref name="count"/> - 1, none of which fails.</summary>
    public static void For(int count, Action<int> work) => Parallel.For(0, count, Options(CancellationToken.None), work);

    private static ParallelOptions Options(CancellationToken cancellationToken) =>
        new() { CancellationToken = cancellationToken, MaxDegreeOfParallelism = ProcessorReport.Current.Threads };
}
