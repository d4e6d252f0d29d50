using System.Globalization;

namespace Gemma.Jobs;

/// <summary>Records that are worked on together and whose results are one file.</summary>
/// <param name="Number">From 0.</param>
/// <param name="Input">The file's place among the inputs.</param>
/// <param name="InFile">The part's place among those of its file.</param>
/// <param name="First">The first record's place in its file.</param>
/// <param name="Index">The first record's place among all.</param>
/// <param name="Count">Records.</param>
internal readonly record struct JobPart(int Number, int Input, int InFile, long First, long Index, int Count)
{
    public const string Prefix = "part-";

    /// <summary>The file's name without its end.</summary>
    public string Name => NameOf(Number);

    public static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number:00000}");
}
