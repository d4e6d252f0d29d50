namespace Gemma.Cli.Infrastructure;

/// <summary>
/// Tables of one line a row that fit the terminal: names, in the first column, lose their middle before anything else is cut. Redirected output has them whole.
/// </summary>
internal static class TerminalTable
{
    private const int Gap = 2;
    private const int ShortestName = 16;

    /// <summary>Writes a table.</summary>
    /// <param name="console">The streams.</param>
    /// <param name="columns">The columns' titles; all but the first are aligned to the right if they hold numbers.</param>
    /// <param name="rows">The cells.</param>
    public static void Write(CommandConsole console, string[] columns, IReadOnlyList<string[]> rows)
    {
        string[][] lines = [columns, .. rows];
        int[] widths = [.. columns.Select((_, column) => lines.Max(line => line[column].Length))];
        var room = console.OutputWidth is { } width ? Math.Max(ShortestName, width - widths.Skip(1).Sum(other => other + Gap)) : int.MaxValue;
        widths[0] = Math.Min(widths[0], room);
        bool[] isNumber =
            [.. columns.Select((_, column) => column > 0 && rows.Count > 0 && rows.All(row => row[column].Length > 0 && char.IsAsciiDigit(row[column][0])))];
        foreach (var line in lines)
        {
            var cells = line.Select((cell, column) => isNumber[column]
                ? cell.PadLeft(widths[column])
                : Shorten(cell, column == 0 ? room : int.MaxValue).PadRight(widths[column]));
            console.Output.WriteLine(string.Join(new string(' ', Gap), cells).TrimEnd());
        }
    }

    /// <summary>A text without its middle, where it is too long.</summary>
    internal static string Shorten(string text, int width) => text.Length <= width ? text : $"{text[..(width / 2)]}…{text[^(width - (width / 2) - 1)..]}";
}
