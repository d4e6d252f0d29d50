using System.Globalization;
using System.Text;
using Gemma.Runtime.Prompts.Jinja.Methods;
using Gemma.Runtime.Prompts.Jinja.Operators;
using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Filters;

/// <summary>Filters over text. What is no text is printed first.</summary>
internal static class TextFilters
{
    public static JinjaValue String(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        arguments.Bind("string");
        return ValueText.Str(run, value);
    }

    public static JinjaValue Upper(RenderRun run, JinjaValue value, CallArguments arguments) => Map(run, value, arguments, "upper", PythonCase.Upper);

    public static JinjaValue Lower(RenderRun run, JinjaValue value, CallArguments arguments) => Map(run, value, arguments, "lower", PythonCase.Lower);

    public static JinjaValue Capitalize(RenderRun run, JinjaValue value, CallArguments arguments) =>
        Map(run, value, arguments, "capitalize", TextCase.Capitalize);

    // Words begin after white space, dashes and opening brackets.
    public static JinjaValue Title(RenderRun run, JinjaValue value, CallArguments arguments) =>
        Map(run, value, arguments, "title", static (text, index, length, buffer) =>
        index == 0 || PythonText.IsSpace(text[index - 1]) || text[index - 1] is '-' or '(' or '{' or '[' or '<'
            ? PythonCase.Upper(text, index, length, buffer)
            : PythonCase.Lower(text, index, length, buffer));

    public static JinjaValue Trim(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var given = arguments.Bind("trim", "chars");
        return TextSearch.Strip(run, ValueText.Str(run, value), given[0], fromStart: true, fromEnd: true);
    }

    public static JinjaValue Replace(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var given = arguments.Bind("replace", "old", "new", "count");
        if (given[0] is null || given[1] is null) throw new JinjaException("replace() needs the old and the new text");
        var count = given[2] is null or NoneValue ? -1 : ValueNumber.Whole(given[2], "replace() needs a count that is an integer");

        // The method escapes what it puts into safe HTML, the filter does not.
        return TextSearch.Replace(run, Plain(value), Plain(given[0]!), Plain(given[1]!), count);

        TextValue Plain(JinjaValue item) => ValueText.Str(run, item).As(isMarkup: false);
    }

    public static JinjaValue Format(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var format = ValueText.Str(run, value);
        if (arguments.Named.Count == 0) return PercentFormat.Apply(run, format, new ListValue([.. arguments.Positional], isTuple: true));
        if (arguments.Positional.Count > 0) throw new JinjaException("can't handle positional and keyword arguments at the same time");
        var dict = new DictValue();
        foreach (var (name, item) in arguments.Named) dict.Set(name, item);
        return PercentFormat.Apply(run, format, dict);
    }

    public static JinjaValue Safe(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        arguments.Bind("safe");
        return ValueText.Str(run, value).As(isMarkup: true);
    }

    public static JinjaValue Escape(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        arguments.Bind("escape");
        return Markup.Escape(run, ValueText.Str(run, value));
    }

    public static JinjaValue ForceEscape(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        arguments.Bind("forceescape");
        return Markup.ForceEscape(run, ValueText.Str(run, value));
    }

    public static JinjaValue PrettyPrint(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        arguments.Bind("pprint");
        return ValueText.Repr(run, Sorted(run, value));
    }

    // Dictionaries by their keys, as Python's pprint has them; keys that have no order come by the names of their types.
    private static JinjaValue Sorted(RenderRun run, JinjaValue value)
    {
        if (value is not (DictValue or ListValue)) return value;
        run.Enter();
        JinjaValue sorted;
        if (value is ListValue list)
        {
            sorted = new ListValue(ValueItems.Collect(run, list.Items.Select(item => Sorted(run, item))), list.IsTuple);
        }
        else
        {
            var dict = new DictValue();
            foreach (var (key, item) in SortFilters.Order(run, ((DictValue)value).Items, member => new ListValue([Type(member.Key), member.Key])))
            {
                run.Charge(40);
                dict.Set(key, Sorted(run, item));
            }

            sorted = dict;
        }

        run.Leave();
        return sorted;

        static TextValue Type(JinjaValue key) => TextValue.FromTemplate(ValueNumber.Of(key) is null ? key.TypeName : "int");
    }

    public static JinjaValue UrlEncode(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        arguments.Bind("urlencode");
        if (value is TextValue || !ValueItems.IsIterable(value)) return UrlQuote(run, value, isQuery: false);
        var query = new TextBuilder(run);
        var separator = string.Empty;
        foreach (var pair in value is DictValue dict ? dict.Items.Select(item => ListValue.Pair(item.Key, item.Value)) : ValueItems.Each(run, value))
        {
            if (ValueItems.List(run, pair) is not [var key, var item]) throw new JinjaException("urlencode needs pairs of a name and a value");
            query.AppendWritten(separator);
            query.Append(UrlQuote(run, key, isQuery: true));
            query.AppendWritten("=");
            query.Append(UrlQuote(run, item, isQuery: true));
            separator = "&";
        }

        return query.ToText();
    }

    private static TextValue UrlQuote(RenderRun run, JinjaValue value, bool isQuery) =>
        TextMap.Apply(run, ValueText.Str(run, value), (text, index, length, buffer) =>
        {
            if (char.IsAsciiLetterOrDigit(text[index]) || text[index] is '_' or '.' or '-' or '~') return text.Slice(index, 1);
            if (isQuery ? text[index] == ' ' : text[index] == '/') return isQuery ? "+" : "/";
            Span<byte> bytes = stackalloc byte[4];
            var count = Encoding.UTF8.GetBytes(text.Slice(index, length), bytes);
            for (var i = 0; i < count; i++) buffer.Slice(i * 3, 3).TryWrite(CultureInfo.InvariantCulture, $"%{bytes[i]:X2}", out _);
            return buffer[..(count * 3)];
        });

    private static TextValue Map(RenderRun run, JinjaValue value, CallArguments arguments, string name, TextMap.Change change)
    {
        arguments.Bind(name);
        return TextMap.Apply(run, ValueText.Str(run, value), change);
    }
}
