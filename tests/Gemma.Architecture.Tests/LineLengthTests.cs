using Gemma.Tests;

namespace Gemma.Architecture.Tests;

/// <summary>Lines within 160 columns, as <c>.editorconfig</c> says. Raw string literals may be longer: their lines are somebody else's.</summary>
public sealed class LineLengthTests
{
    private const int MaxColumns = 160;
    private const string RawMark = "\"\"\"";

    [Fact]
    public void Lines_OfAllSources_FitTheirColumns()
    {
        var root = SharedData.RepositoryRoot;
        string[] sources = [.. ((string[])["src", "tests", "samples"])
            .SelectMany(room => Directory.EnumerateFiles(Path.Combine(root, room), "*.cs", SearchOption.AllDirectories))
            .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))];
        Assert.True(sources.Length > 1000, $"{sources.Length} sources were found under {root}.");
        var tooLong = sources.SelectMany(TooLong).ToArray();
        Assert.True(tooLong.Length == 0, $"{tooLong.Length} lines are longer than {MaxColumns} columns:\n{string.Join('\n', tooLong)}");
    }

    private static IEnumerable<string> TooLong(string path)
    {
        var isRaw = false;
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            var marks = line.Split(RawMark).Length - 1;
            if (line.Length > MaxColumns && !isRaw && marks == 0) yield return $"{path}({number}): {line.Length}";
            if (marks % 2 != 0) isRaw = !isRaw;
        }
    }
}
