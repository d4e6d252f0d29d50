using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Filters;

/// <summary>Breaks a line as Python's <c>textwrap</c> does: between words, behind hyphens, and inside words that are too long.</summary>
internal static class WordWrapping
{
    /// <summary>The places of the lines; a line without words gives one empty line.</summary>
    public static List<(int Start, int End)> Wrap(RenderRun run, string text, int width, bool breakLong, bool breakHyphens)
    {
        List<(int From, int To)> chunks = [.. Chunks(text, breakHyphens)];
        List<(int Start, int End)> lines = [];
        for (var i = 0; i < chunks.Count;)
        {
            run.Step();
            if (lines.Count > 0 && PythonText.IsSpace(text[chunks[i].From]))
            {
                i++;
                continue;
            }

            var start = chunks[i].From;
            var end = start;
            while (i < chunks.Count && chunks[i].To - start <= width) end = chunks[i++].To;
            if (i < chunks.Count && chunks[i].To - chunks[i].From > width)
            {
                if (breakLong) chunks[i] = chunks[i] with { From = end = Cut(text, chunks[i].From, width - (end - start), breakHyphens) };
                else if (end == start) end = chunks[i++].To;
            }

            while (end > start && PythonText.IsSpace(text[end - 1])) end--;
            if (end > start) lines.Add((start, end));
        }

        if (lines.Count == 0) lines.Add((0, 0));
        return lines;
    }

    // Inside a word that is too long: behind its last hyphen that fits, or where the line is full.
    private static int Cut(string text, int from, int space, bool breakHyphens)
    {
        var hyphen = breakHyphens ? text.AsSpan(from, space).LastIndexOf('-') : -1;
        return hyphen > 0 && text.AsSpan(from, hyphen).IndexOfAnyExcept('-') >= 0 ? from + hyphen + 1 : from + space;
    }

    private static IEnumerable<(int From, int To)> Chunks(string text, bool breakHyphens)
    {
        for (var from = 0; from < text.Length;)
        {
            var to = from + 1;
            var isBlank = PythonText.IsSpace(text[from]);
            while (to < text.Length && PythonText.IsSpace(text[to]) == isBlank && !(breakHyphens && IsBreak(text, to))) to++;
            yield return (from, to);
            from = to;
        }
    }

    // Behind a hyphen: after two letters, or a letter that a hyphen stands before, and before two letters with or without one between.
    private static bool IsBreak(string text, int to) => to >= 3 && text[to - 1] == '-' && IsLetter(text, to - 2)
        && (IsLetter(text, to - 3) || (to >= 4 && text[to - 3] == '-' && IsLetter(text, to - 4)))
        && IsLetter(text, to) && (IsLetter(text, to + 1) || (to + 1 < text.Length && text[to + 1] == '-' && IsLetter(text, to + 2)));

    private static bool IsLetter(string text, int index) => index < text.Length && (text[index] == '_' || char.IsLetter(text[index]));
}
