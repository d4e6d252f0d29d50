using System.Globalization;
using System.Text;
using Gemma.Runtime.Prompts.Jinja.Operators;
using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Methods;

/// <summary><c>'…{}…'.format(…)</c>. A format that the template did not write makes all of the result input.</summary>
internal sealed class BraceFormat
{
    private readonly RenderRun _run;
    private readonly CallArguments _arguments;
    private readonly bool _isMarkup;
    private int _next;
    private bool _isNumbered;

    private BraceFormat(RenderRun run, CallArguments arguments, bool isMarkup) => (_run, _arguments, _isMarkup) = (run, arguments, isMarkup);

    public static TextValue Apply(RenderRun run, TextValue format, CallArguments arguments)
    {
        var isTrusted = MixedText.IsTemplate(run, format);
        var builder = new TextBuilder(run);
        new BraceFormat(run, arguments, format.IsMarkup).Write(builder, run.Flat(format));
        var text = builder.ToText(format.IsMarkup);
        return isTrusted ? text : TextValue.From(run.Flat(text), TextOrigin.Written, -1).As(format.IsMarkup);
    }

    private void Write(TextBuilder builder, string format)
    {
        for (var at = 0; at < format.Length;)
        {
            _run.Step();
            var brace = format.AsSpan(at).IndexOfAny('{', '}');
            var end = brace < 0 ? format.Length : at + brace;
            builder.Append(TextValue.FromTemplate(format[at..end]));
            if (brace < 0) return;
            if (end + 1 < format.Length && format[end + 1] == format[end])
            {
                builder.Append(TextValue.FromTemplate(format[end].ToString()));
                at = end + 2;
                continue;
            }

            if (format[end] == '}') throw new JinjaException("Single '}' encountered in format string");
            at = WriteField(builder, format, end + 1);
        }
    }

    // Returns the place behind the field.
    private int WriteField(TextBuilder builder, string format, int at)
    {
        var nameEnd = at;
        for (var isInBrackets = false; nameEnd < format.Length && (isInBrackets || format[nameEnd] is not ('!' or ':' or '}')); nameEnd++)
        {
            if (format[nameEnd] == '{') throw new JinjaException("unexpected '{' in field name");
            isInBrackets = format[nameEnd] == '[' || (isInBrackets && format[nameEnd] != ']');
        }

        var value = Value(format[at..nameEnd]);
        at = nameEnd;
        if (at < format.Length && format[at] == '!')
        {
            value = Convert(value, at + 1 < format.Length ? format[at + 1] : '\0');
            at += 2;
        }

        var spec = string.Empty;
        if (at < format.Length && format[at] == ':') (spec, at) = Spec(format, at + 1);
        if (at >= format.Length || format[at] != '}') throw new JinjaException("expected '}' before end of string");
        var text = spec.Length == 0 ? ValueText.Str(_run, value) : FormatSpec.Parse(spec).Write(_run, value);
        builder.Append(_isMarkup ? Markup.Escape(_run, text) : text);
        return at + 1;
    }

    private (string Spec, int End) Spec(string format, int at)
    {
        var spec = new StringBuilder();
        while (at < format.Length && format[at] != '}')
        {
            if (format[at] != '{')
            {
                spec.Append(format[at++]);
                continue;
            }

            var close = format.IndexOf('}', at);
            if (close < 0) throw new JinjaException("expected '}' before end of string");
            spec.Append(_run.Flat(ValueText.Str(_run, Value(format[(at + 1)..close]))));
            at = close + 1;
        }

        return (spec.ToString(), at);
    }

    private TextValue Convert(JinjaValue value, char conversion) => conversion switch
    {
        'r' => ValueText.Repr(_run, value),
        's' => ValueText.Str(_run, value),
        _ => throw new JinjaException("Unknown conversion specifier"),
    };

    // name, then .attribute or [key] as often as one likes.
    private JinjaValue Value(string field)
    {
        var end = field.AsSpan().IndexOfAny('.', '[') is >= 0 and var mark ? mark : field.Length;
        var value = First(field[..end]);
        while (end < field.Length)
        {
            var isKey = field[end] == '[';
            var close = isKey ? field.IndexOf(']', end) : field.AsSpan(end + 1).IndexOfAny('.', '[') is >= 0 and var next ? end + 1 + next : field.Length;
            if (close < 0) throw new JinjaException("Missing ']' in format string");
            var name = field[(end + 1)..close];
            if (name.Length == 0) throw new JinjaException("Empty attribute in format string");
            value = isKey ? ValueAccess.Item(_run, value, Key(name)) : ValueAccess.Attribute(_run, value, name);
            end = isKey ? close + 1 : close;
        }

        return value;
    }

    private static JinjaValue Key(string name) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? IntValue.From(index) : TextValue.FromTemplate(name);

    private JinjaValue First(string name)
    {
        var isAutomatic = name.Length == 0;
        if (isAutomatic || int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            if (isAutomatic ? _isNumbered : _next > 0)
                throw new JinjaException("cannot switch between manual field specification and automatic field numbering");
            _isNumbered |= !isAutomatic;
            var index = isAutomatic ? _next++ : int.Parse(name, CultureInfo.InvariantCulture);
            return index < _arguments.Positional.Count
                ? _arguments.Positional[index]
                : throw new JinjaException("Replacement index out of range for positional arguments");
        }

        foreach (var (key, value) in _arguments.Named)
        {
            if (_run.Flat(key) == name) return value;
        }

        throw new JinjaException($"the format has no argument '{name}'");
    }
}
