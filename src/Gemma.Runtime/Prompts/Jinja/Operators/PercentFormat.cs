using System.Numerics;
using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Operators;

/// <summary><c>'…%s…' % x</c>. A format that the template did not write makes all of the result input.</summary>
internal sealed class PercentFormat
{
    private readonly RenderRun _run;
    private readonly JinjaValue _value;
    private readonly List<JinjaValue> _items;
    private readonly bool _isMarkup;
    private int _next;
    private bool _isNamed;

    private PercentFormat(RenderRun run, JinjaValue value, bool isMarkup)
    {
        (_run, _value, _isMarkup) = (run, value, isMarkup);
        _items = value is ListValue { IsTuple: true } tuple ? tuple.Items : [value];
    }

    public static TextValue Apply(RenderRun run, TextValue format, JinjaValue value)
    {
        if (value is UndefinedValue undefined) throw undefined.Error();
        var isTrusted = MixedText.IsTemplate(run, format);
        var builder = new TextBuilder(run);
        var writer = new PercentFormat(run, value, format.IsMarkup);
        writer.Write(builder, run.Flat(format));
        if (writer._next < writer._items.Count && !writer._isNamed && value is not (DictValue or ListValue { IsTuple: false }))
            throw new JinjaException("not all arguments converted during string formatting");
        var text = builder.ToText(format.IsMarkup);
        return isTrusted ? text : TextValue.From(run.Flat(text), TextOrigin.Written, -1).As(format.IsMarkup);
    }

    private void Write(TextBuilder builder, string format)
    {
        for (var at = 0; at < format.Length;)
        {
            _run.Step();
            var percent = format.IndexOf('%', at);
            var end = percent < 0 ? format.Length : percent;
            builder.Append(TextValue.FromTemplate(format[at..end]));
            if (percent < 0) return;
            at = WriteItem(builder, format, end + 1);
        }
    }

    private int WriteItem(TextBuilder builder, string format, int at)
    {
        JinjaValue? named = null;
        if (at < format.Length && format[at] == '(')
        {
            var close = format.IndexOf(')', at);
            if (close < 0) throw new JinjaException("incomplete format key");
            named = (_value as DictValue ?? throw new JinjaException("format requires a mapping")).Find(format[(at + 1)..close])
                ?? throw new JinjaException($"the format has no argument '{format[(at + 1)..close]}'");
            _isNamed = true;
            at = close + 1;
        }

        var flags = at;
        while (at < format.Length && format[at] is '-' or '+' or ' ' or '#' or '0') at++;
        var marks = format[flags..at];
        var width = Count(format, ref at) ?? 0;
        if (width < 0) (marks, width) = (marks + "-", -width);
        int? precision = null;
        if (at < format.Length && format[at] == '.')
        {
            at++;
            precision = Count(format, ref at) ?? 0;
        }

        while (at < format.Length && format[at] is 'l' or 'h' or 'L') at++;
        if (at >= format.Length) throw new JinjaException("incomplete format");
        if (format[at] == '%')
        {
            builder.Append(TextValue.FromTemplate("%"));
            return at + 1;
        }

        var spec = new FormatSpec
        {
            Align = marks.Contains('-') ? '<' : marks.Contains('0') && format[at] is not ('s' or 'r' or 'c') ? '=' : '>',
            Fill = marks.Contains('0') && !marks.Contains('-') && format[at] is not ('s' or 'r' or 'c') ? "0" : " ",
            Sign = marks.Contains('+') ? '+' : marks.Contains(' ') ? ' ' : '-',
            IsAlternate = marks.Contains('#'),
            Width = width,
        };
        builder.Append(Convert(format[at], spec, precision, named ?? Next()));
        return at + 1;
    }

    private JinjaValue Next() => _next < _items.Count ? _items[_next++] : throw new JinjaException("not enough arguments for format string");

    private int? Count(string format, ref int at)
    {
        if (at >= format.Length || format[at] != '*') return FormatSpec.Number(format, ref at, JinjaLimits.TextLength);
        at++;
        if (Next() is not IntValue count) throw new JinjaException("* wants int");
        return BigInteger.Abs(count.Value) <= JinjaLimits.TextLength
            ? (int)count.Value
            : throw new JinjaException($"a format asks for more than {JinjaLimits.TextLength:N0} characters");
    }

    private TextValue Convert(char type, FormatSpec spec, int? precision, JinjaValue value)
    {
        switch (type)
        {
            case 's' or 'r' or 'a':
                var text = type == 's' ? ValueText.Str(_run, value) : ValueText.Repr(_run, value);
                if (_isMarkup) text = Markup.Escape(_run, text);
                return (spec with { Precision = precision }).Write(_run, text);
            case 'c' when value is TextValue character:
                _run.Flat(character);
                return character.Count == 1 ? spec.Write(_run, character) : throw new JinjaException("%c requires int or char");
            case 'd' or 'i' or 'u' when value is FloatValue number && double.IsFinite(number.Value):
                return WriteInteger(spec with { Type = 'd' }, precision, new BigInteger(Math.Truncate(number.Value)));
            case 'd' or 'i' or 'u' or 'x' or 'X' or 'o' or 'c' when value is IntValue or BoolValue:
                return WriteInteger(spec with { Type = type is 'i' or 'u' ? 'd' : type }, precision, ValueNumber.Of(value)!.Value.Integer);
            case 'f' or 'F' or 'e' or 'E' or 'g' or 'G' when ValueNumber.Of(value) is { } number:
                return (spec with { Type = type, Precision = precision }).Write(_run, new FloatValue(number.AsDouble));
            case 'd' or 'i' or 'u' or 'x' or 'X' or 'o' or 'c' or 'f' or 'F' or 'e' or 'E' or 'g' or 'G':
                throw new JinjaException($"%{type} format: a number is required, not {value.TypeName}");
            default:
                throw new JinjaException($"unsupported format character '{type}'");
        }
    }

    // Here a precision is the fewest digits.
    private TextValue WriteInteger(FormatSpec spec, int? precision, BigInteger value)
    {
        var digits = (spec with { Width = 0 }).Write(_run, IntValue.From(BigInteger.Abs(value)));
        if (precision is not { } fewest || digits.Length >= fewest) return spec.Write(_run, IntValue.From(value));
        if (fewest > JinjaLimits.Precision) throw new JinjaException($"a precision is beyond {JinjaLimits.Precision}");
        var sign = value.Sign < 0 ? "-" : spec.Sign == '-' ? string.Empty : spec.Sign.ToString();
        return (new FormatSpec { Align = spec.Align == '<' ? '<' : '>', Width = spec.Width })
            .Write(_run, TextValue.FromTemplate(sign + digits.Flat.PadLeft(fewest, '0')));
    }
}
