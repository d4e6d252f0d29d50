using System.Globalization;
using System.Net;
using System.Text;
using Gemma.Runtime.Prompts.Jinja.Methods;
using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Filters;

/// <summary>Filters that lay text out.</summary>
internal static class LayoutFilters
{
    private static readonly TextValue NewLine = TextValue.FromTemplate("\n");

    public static JinjaValue Center(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var given = arguments.Bind("center", "width");
        return TextPadding.Center(run, ValueText.Str(run, value), given[0] ?? IntValue.From(80), null);
    }

    public static JinjaValue Indent(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var given = arguments.Bind("indent", "width", "first", "blank");
        var padding = given[0] is TextValue own
            ? own
            : TextPadding.Spaces(run, ValueNumber.Whole(given[0] ?? IntValue.From(4), "indent() needs a width that is an integer or a text"));
        if (value is UndefinedValue undefined) throw undefined.Error();
        if (value is not TextValue text) throw new JinjaException($"unsupported operand type(s) for +=: '{value.TypeName}' and 'str'");
        var isBlankIndented = given[2]?.IsTrue == true;
        var lines = TextSearch.Lines(run, TextValue.Concat(text, NewLine, text.IsMarkup), keepEnds: false).Items;
        var builder = new TextBuilder(run);
        if (given[1]?.IsTrue == true) builder.Append(padding);
        for (var i = 0; i < lines.Count; i++)
        {
            var line = (TextValue)lines[i];
            if (i > 0) builder.Append(NewLine);
            if (i > 0 && (isBlankIndented || line.Length > 0)) builder.Append(padding);
            builder.Append(line);
        }

        return builder.ToText(text.IsMarkup);
    }

    public static JinjaValue Truncate(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var given = arguments.Bind("truncate", "length", "killwords", "end", "leeway");
        var text = ValueText.Str(run, value);
        run.Flat(text);
        var length = ValueNumber.Whole(given[0] ?? IntValue.From(255), "truncate() needs a length that is an integer");
        var end = given[2] is { } own ? ValueText.Str(run, own) : TextValue.FromTemplate("...");
        var leeway = given[3] is null or NoneValue ? 5 : ValueNumber.Whole(given[3], "truncate() needs a leeway that is an integer");
        if (text.Count <= (long)length + leeway) return text;
        if (length < end.Count || leeway < 0) throw new JinjaException($"truncate() needs a length of at least {end.Count} and a leeway of at least 0");
        var start = text.Part(run, 0, length - end.Count);
        if (given[1]?.IsTrue != true && run.Flat(start).LastIndexOf(' ') is >= 0 and var blank) start = start.Slice(run, 0, blank);
        return TextValue.Concat(start, end, text.IsMarkup);
    }

    public static JinjaValue StripTags(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        arguments.Bind("striptags");
        var text = ValueText.Str(run, value);
        var rest = run.Flat(text);
        run.ChargeText(rest.Length * 3L);
        var plain = new StringBuilder(rest.Length);
        for (var at = 0; at < rest.Length;)
        {
            var open = rest.IndexOf('<', at);
            var isComment = open >= 0 && rest.AsSpan(open).StartsWith("<!--");
            var close = open < 0 ? -1 : isComment ? rest.IndexOf("-->", open + 4, StringComparison.Ordinal) : rest.IndexOf('>', open);
            if (close < 0)
            {
                plain.Append(rest.AsSpan(at));
                break;
            }

            plain.Append(rest.AsSpan(at, open - at));
            at = close + (isComment ? 3 : 1);
        }

        var words = TextSearch.Split(run, TextValue.FromTemplate(WebUtility.HtmlDecode(plain.ToString())), null, -1, fromEnd: false);
        return MixedText.From(run, string.Join(' ', words.Items.Select(word => ((TextValue)word).Flat)), text);
    }

    public static JinjaValue WordCount(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        arguments.Bind("wordcount");
        var (count, isInWord) = (0, false);
        foreach (var character in run.Flat(ValueText.Str(run, value)).EnumerateRunes())
        {
            var isWord = character.Value == '_' || Rune.IsLetterOrDigit(character)
                || Rune.GetUnicodeCategory(character) is UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;
            if (isWord && !isInWord) count++;
            isInWord = isWord;
        }

        return IntValue.From(count);
    }

    public static JinjaValue WordWrap(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var given = arguments.Bind("wordwrap", "width", "break_long_words", "wrapstring", "break_on_hyphens");
        var width = ValueNumber.Whole(given[0] ?? IntValue.From(79), "wordwrap() needs a width that is an integer");
        if (width <= 0) throw new JinjaException("invalid width (must be > 0)");
        var separator = given[2] is null or NoneValue ? NewLine : ValueText.Str(run, given[2]!);
        var text = ValueText.Str(run, value);
        var builder = new TextBuilder(run);
        var isFirst = true;
        foreach (var line in TextSearch.Lines(run, text, keepEnds: false).Items)
        {
            foreach (var (start, end) in WordWrapping.Wrap(run, run.Flat((TextValue)line), width, given[1]?.IsTrue != false, given[3]?.IsTrue != false))
            {
                if (!isFirst) builder.Append(separator);
                builder.Append(((TextValue)line).Slice(run, start, end - start));
                isFirst = false;
            }
        }

        return builder.ToText(text.IsMarkup);
    }
}
