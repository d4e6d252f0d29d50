using System.Diagnostics;
using System.Globalization;
using Gemma.Fuzz.Targets;

namespace Gemma.Fuzz;

/// <summary>Runs the cases of a target and keeps the inputs whose outcome is not allowed.</summary>
/// <param name="output">Where they are kept.</param>
/// <param name="seed">Makes other cases.</param>
internal sealed class FuzzRunner(string output, int seed)
{
    private const int ShownPerTarget = 12;
    private const long FreeBytes = 64 << 20;
    private const int BytesPerInputByte = 16;
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Hanging = TimeSpan.FromSeconds(20);

    /// <summary>Runs cases; a process that dies leaves its case behind as <c>TARGET-current</c>.</summary>
    /// <returns>How many outcomes were not allowed.</returns>
    public async Task<long> RunAsync(FuzzTarget target, int from, int count, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(output);
        var (accepted, refused, failures) = (0L, 0L, 0L);
        var (slowest, largest) = (TimeSpan.Zero, 0L);
        HashSet<string> shown = [];
        var current = Path.Combine(output, $"{target.Name}-current");
        var warnings = 0;
        using var watchdog = new Timer(_ =>
        {
            // Some may come late: the process had been stopped meanwhile.
            if (Interlocked.Increment(ref warnings) > 4) Hang(target, current);
        });
        var start = Stopwatch.GetTimestamp();
        var regressions = Corpus.Of(target.Name);
        for (var index = from - (from == 0 ? regressions.Count : 0); index < from + count; index++)
        {
            var random = new Random(unchecked((seed * 1_000_003) + index));
            var input = index < 0 ? regressions[-1 - index] : target.Mutate(random, target.Seeds[random.Next(target.Seeds.Count)]);
            if (target.MayDie) File.WriteAllBytes(current, input);
            warnings = 0;
            watchdog.Change(Hanging, Hanging);
            var processor = Environment.CpuUsage.TotalTime;
            var allocated = GC.GetTotalAllocatedBytes();
            string? failure = null;
            try
            {
                await target.RunAsync(input, cancellationToken);
                accepted++;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception e) when (target.IsDocumented(e))
            {
                refused++;
            }
            catch (Exception e)
            {
                failure = $"{e.GetType().Name}: {e.Message.Split('\n')[0]} at {Place(e)}";
            }

            var elapsed = Environment.CpuUsage.TotalTime - processor;
            var bytes = GC.GetTotalAllocatedBytes() - allocated;
            watchdog.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            (slowest, largest) = (elapsed > slowest ? elapsed : slowest, Math.Max(bytes, largest));
            if (elapsed > Slow) failure ??= string.Create(CultureInfo.InvariantCulture, $"took {elapsed.TotalSeconds:F1} s");
            if (bytes > FreeBytes + (BytesPerInputByte * (long)input.Length))
                failure ??= string.Create(CultureInfo.InvariantCulture, $"allocated {bytes >> 20} MB for {input.Length} bytes");
            if (failure is null) continue;
            failures++;
            if (shown.Count >= ShownPerTarget || !shown.Add(failure.Split(" at ")[^1])) continue;
            Console.WriteLine($"  {target.Name} {index}: {failure}");
            File.WriteAllBytes(Path.Combine(output, $"{target.Name}-{index}"), input);
        }

        File.Delete(current);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{target.Name}: {accepted + refused + failures} cases, {accepted} accepted, {refused} refused, {failures} not documented; "
                + $"slowest {slowest.TotalMilliseconds:F0} ms, most {largest / 1e6:F0} MB, {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s"));
        return failures;
    }

    private static void Hang(FuzzTarget target, string current)
    {
        Console.WriteLine($"  {target.Name}: a case hangs; it is in {current}");
        Environment.Exit(3);
    }

    // The first frame in the library, where one looks first.
    private static string Place(Exception e) =>
        new StackTrace(e).GetFrames().Select(frame => frame.GetMethod())
            .Where(method => method?.DeclaringType?.FullName?.StartsWith("Gemma.", StringComparison.Ordinal) == true)
        .Select(method => $"{method!.DeclaringType!.FullName}.{method.Name}").FirstOrDefault() ?? "?";
}
