using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Methods;

/// <summary>Operations that find places in the plain text and cut there, so that every character keeps its origin.</summary>
internal static class TextSearch
{
    /// <summary><c>strip</c>: white space, or the characters of a text.</summary>
    public static TextValue Strip(RenderRun run, TextValue text, JinjaValue? characters, bool fromStart, bool fromEnd)
    {
        var flat = run.Flat(text);
        var set = characters switch
        {
            null or NoneValue => null,
            TextValue own => run.Flat(own),
            _ => throw new JinjaException("strip arg must be None or str"),
        };
        run.Touch((long)flat.Length * ((set?.Length ?? 64) + 64) / 64);
        var (start, end) = (0, flat.Length);
        while (fromStart && start < end && IsIn(flat, start, set, out var length)) start += length;
        while (fromEnd && end > start)
        {
            var last = end - 2 >= start && char.IsSurrogatePair(flat[end - 2], flat[end - 1]) ? end - 2 : end - 1;
            if (!IsIn(flat, last, set, out _)) break;
            end = last;
        }

        return text.Slice(run, start, end - start);
    }

    /// <summary><c>replace</c>; a negative count is no limit.</summary>
    public static TextValue Replace(RenderRun run, TextValue text, TextValue old, TextValue with, int count)
    {
        var (flat, search) = (run.Flat(text), run.Flat(old));
        if (text.IsMarkup) (search, with) = (run.Flat(Markup.Escape(run, old)), Markup.Escape(run, with));
        var builder = new TextBuilder(run);
        var at = 0;
        for (var left = count < 0 ? int.MaxValue : count; left > 0; left--)
        {
            run.Step();
            var found = search.Length == 0 ? (at <= flat.Length ? at : -1) : flat.IndexOf(search, at, StringComparison.Ordinal);
            if (found < 0) break;
            builder.Append(text.Slice(run, at, found - at));
            builder.Append(with);
            at = found + search.Length;
            if (search.Length > 0) continue;
            if (at == flat.Length)
            {
                at++;
                break;
            }

            var length = CodePoints.LengthAt(flat, at);
            builder.Append(text.Slice(run, at, length));
            at += length;
        }

        if (at < flat.Length) builder.Append(text.Slice(run, at, flat.Length - at));
        return builder.ToText(text.IsMarkup);
    }

    /// <summary><c>split</c> and <c>rsplit</c>.</summary>
    public static ListValue Split(RenderRun run, TextValue text, JinjaValue? separator, int count, bool fromEnd)
    {
        var flat = run.Flat(text);
        var limit = count < 0 ? int.MaxValue : count;
        List<(int Start, int End)> parts = separator switch
        {
            null or NoneValue => fromEnd ? WordsFromEnd(flat, limit) : Words(flat, limit),
            TextValue { Length: 0 } => throw new JinjaException("empty separator"),
            TextValue own => fromEnd ? PartsFromEnd(flat, run.Flat(own), limit) : Parts(flat, run.Flat(own), limit),
            _ => throw new JinjaException($"must be str or None, not {separator.TypeName}"),
        };
        run.ChargeList(parts.Count * 8L);
        List<JinjaValue> items = new(parts.Count);
        foreach (var (start, end) in parts) items.Add(text.Slice(run, start, end - start));
        return new ListValue(items);
    }

    /// <summary><c>splitlines</c>.</summary>
    public static ListValue Lines(RenderRun run, TextValue text, bool keepEnds)
    {
        var flat = run.Flat(text);
        List<JinjaValue> lines = [];
        for (var start = 0; start < flat.Length;)
        {
            var end = start;
            while (end < flat.Length && !IsLineEnd(flat[end])) end++;
            var next = end < flat.Length ? end + (flat[end] == '\r' && end + 1 < flat.Length && flat[end + 1] == '\n' ? 2 : 1) : end;
            run.ChargeList(8);
            lines.Add(text.Slice(run, start, (keepEnds ? next : end) - start));
            start = next;
        }

        return new ListValue(lines);
    }

    private static bool IsLineEnd(char character) =>
        character is '\n' or '\r' or '\v' or '\f' or '\u001C' or '\u001D' or '\u001E' or '\u0085' or '\u2028' or '\u2029';

    private static bool IsIn(string text, int index, string? set, out int length)
    {
        length = CodePoints.LengthAt(text, index);
        return set is null ? PythonText.IsSpace(text[index]) : set.AsSpan().IndexOf(text.AsSpan(index, length)) >= 0;
    }

    private static List<(int Start, int End)> Words(string text, int limit)
    {
        List<(int, int)> parts = [];
        for (var start = 0; ;)
        {
            while (start < text.Length && PythonText.IsSpace(text[start])) start++;
            if (start == text.Length) return parts;
            var end = start;
            if (parts.Count == limit) end = text.Length;
            while (end < text.Length && !PythonText.IsSpace(text[end])) end++;
            parts.Add((start, end));
            start = end;
        }
    }

    private static List<(int Start, int End)> WordsFromEnd(string text, int limit)
    {
        List<(int, int)> parts = [];
        for (var end = text.Length; ;)
        {
            while (end > 0 && PythonText.IsSpace(text[end - 1])) end--;
            if (end == 0) break;
            var start = end;
            if (parts.Count == limit) start = 0;
            while (start > 0 && !PythonText.IsSpace(text[start - 1])) start--;
            parts.Add((start, end));
            end = start;
        }

        parts.Reverse();
        return parts;
    }

    private static List<(int Start, int End)> Parts(string text, string separator, int limit)
    {
        List<(int, int)> parts = [];
        var start = 0;
        while (parts.Count < limit && text.IndexOf(separator, start, StringComparison.Ordinal) is >= 0 and var found)
        {
            parts.Add((start, found));
            start = found + separator.Length;
        }

        parts.Add((start, text.Length));
        return parts;
    }

    private static List<(int Start, int End)> PartsFromEnd(string text, string separator, int limit)
    {
        List<(int, int)> parts = [];
        var end = text.Length;
        while (parts.Count < limit && text.AsSpan(0, end).LastIndexOf(separator) is >= 0 and var found)
        {
            parts.Add((found + separator.Length, end));
            end = found;
        }

        parts.Add((0, end));
        parts.Reverse();
        return parts;
    }
}
