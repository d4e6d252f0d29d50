using System.Globalization;

namespace Gemma.Runtime.Engines.Processors;

/// <summary>How much the machine's processors are contended for (Linux, <c>/proc/pressure/cpu</c>).</summary>
internal static class CpuPressure
{
    /// <summary>The share of the last ten seconds in which some thread waited for a processor, 0 to 1; 0 where nothing is told.</summary>
    /// <param name="root">The file system's root; another one in tests.</param>
    public static double Read(string root)
    {
        const string Key = "avg10=";
        var field = SystemFile.Lines(Path.Combine(root, "proc/pressure/cpu")).FirstOrDefault()?.Split(' ')
            .FirstOrDefault(field => field.StartsWith(Key, StringComparison.Ordinal));
        return double.TryParse(field?[Key.Length..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) ? percent / 100 : 0;
    }
}
