using System.Runtime.ExceptionServices;

namespace Gemma.Conversion;

/// <summary>Runs independent pieces of work over the cores; the first failure is thrown as it is.</summary>
internal static class ParallelWork
{
    public static void Run<T>(IEnumerable<T> items, Action<T> work, CancellationToken cancellationToken)
    {
        try
        {
            Parallel.ForEach(items, new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount }, work);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }
    }
}
