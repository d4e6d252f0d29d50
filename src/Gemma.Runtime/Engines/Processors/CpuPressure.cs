using System.Diagnostics;
using System.Globalization;

namespace Gemma.Runtime.Engines.Processors;

/// <summary>How much the machine's processors are contended for (Linux, <c>/proc/pressure/cpu</c>).</summary>
internal static class CpuPressure
{
    private const string LastSeconds = "avg10=";
    private const string Total = "total=";

    /// <summary>The share of the last ten seconds in which some thread waited for a processor, 0 to 1; 0 where nothing is told.</summary>
    /// <param name="root">The file system's root; another one in tests.</param>
    public static double Read(string root) => Field(root, LastSeconds) / 100;

    /// <summary>The same share of the time in which an action runs.</summary>
    public static double During(string root, Action action)
    {
        var (waited, start) = (Field(root, Total), Stopwatch.GetTimestamp());
        action();
        return (Field(root, Total) - waited) / Stopwatch.GetElapsedTime(start).TotalMicroseconds;
    }

    private static double Field(string root, string key)
    {
        var field = SystemFile.Lines(Path.Combine(root, "proc/pressure/cpu")).FirstOrDefault()?.Split(' ')
            .FirstOrDefault(field => field.StartsWith(key, StringComparison.Ordinal));
        return double.TryParse(field?[key.Length..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
