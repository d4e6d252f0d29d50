using System.Globalization;
using System.Text;
using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>Writes values as Python's <c>str</c> and <c>repr</c> do.</summary>
internal static class ValueText
{
    private static readonly TextValue None = TextValue.FromTemplate("None");
    private static readonly TextValue True = TextValue.FromTemplate("True");
    private static readonly TextValue False = TextValue.FromTemplate("False");

    /// <summary><c>str(value)</c>.</summary>
    public static TextValue Str(RenderRun run, JinjaValue value) => value switch
    {
        TextValue text => text,
        UndefinedValue => TextValue.Empty,
        NoneValue => None,
        BoolValue boolean => boolean.Value ? True : False,
        IntValue integer => TextValue.FromTemplate(PythonNumbers.Write(integer.Value)),
        FloatValue number => TextValue.FromTemplate(PythonNumbers.Write(number.Value)),
        _ => Repr(run, value),
    };

    /// <summary><c>repr(value)</c>.</summary>
    public static TextValue Repr(RenderRun run, JinjaValue value)
    {
        var builder = new TextBuilder(run);
        Repr(run, builder, value);
        return builder.ToText();
    }

    private static void Repr(RenderRun run, TextBuilder builder, JinjaValue value)
    {
        run.Step();
        switch (value)
        {
            case TextValue text:
                Quote(run, builder, text);
                break;
            case ListValue list:
                Sequence(run, builder, list.Items, list.IsTuple ? "(" : "[", list is { IsTuple: true, Items.Count: 1 } ? ",)" : list.IsTuple ? ")" : "]");
                break;
            case DictView view:
                builder.AppendWritten(view.TypeName);
                Sequence(run, builder, view.Items, "([", "])");
                break;
            case DictValue dict:
                Dict(run, builder, dict);
                break;
            default:
                builder.AppendWritten(Plain(value));
                break;
        }
    }

    private static string Plain(JinjaValue value) => value switch
    {
        UndefinedValue => "Undefined",
        NoneValue => "None",
        BoolValue boolean => boolean.Value ? "True" : "False",
        IntValue integer => PythonNumbers.Write(integer.Value),
        FloatValue number => PythonNumbers.Write(number.Value),
        BytesValue bytes => Bytes(bytes.Value),
        RangeValue range => $"range({range.Start}, {range.Stop}{(range.StepWidth.IsOne ? string.Empty : $", {range.StepWidth}")})",
        LoopValue loop => $"<LoopContext {loop.Position + 1}/{loop.Count}>",
        LazyValue lazy => $"<generator object {lazy.Name}>",
        CallableValue { TypeName: "Macro" } macro => $"<Macro '{macro.Name}'>",
        CallableValue callable => $"<function {callable.Name}>",
        _ => $"<{value.TypeName}>",
    };

    private static void Sequence(RenderRun run, TextBuilder builder, List<JinjaValue> items, string open, string close)
    {
        run.Enter();
        builder.AppendWritten(open);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0) builder.AppendWritten(", ");
            Repr(run, builder, items[i]);
        }

        builder.AppendWritten(close);
        run.Leave();
    }

    private static void Dict(RenderRun run, TextBuilder builder, DictValue dict)
    {
        run.Enter();
        builder.AppendWritten("{");
        for (var i = 0; i < dict.Items.Count; i++)
        {
            if (i > 0) builder.AppendWritten(", ");
            Repr(run, builder, dict.Items[i].Key);
            builder.AppendWritten(": ");
            Repr(run, builder, dict.Items[i].Value);
        }

        builder.AppendWritten("}");
        run.Leave();
    }

    private static void Quote(RenderRun run, TextBuilder builder, TextValue text)
    {
        var flat = run.Flat(text);
        var quote = flat.Contains('\'') && !flat.Contains('"') ? '"' : '\'';
        builder.AppendWritten(text.IsMarkup ? $"Markup({quote}" : quote.ToString());
        TextMap.Write(run, builder, text, flat, (source, index, length, buffer) => Escape(source.Slice(index, length), quote, buffer));
        builder.AppendWritten(text.IsMarkup ? $"{quote})" : quote.ToString());
    }

    private static ReadOnlySpan<char> Escape(ReadOnlySpan<char> character, char quote, Span<char> buffer)
    {
        if (character[0] == quote || character[0] == '\\')
        {
            (buffer[0], buffer[1]) = ('\\', character[0]);
            return buffer[..2];
        }

        if (character[0] is >= ' ' and < '\u007F') return character;
        return character[0] switch
        {
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            _ when IsPrintable(character) => character,
            _ => Coded(character, buffer),
        };
    }

    private static ReadOnlySpan<char> Coded(ReadOnlySpan<char> character, Span<char> buffer)
    {
        var code = character.Length == 2 ? char.ConvertToUtf32(character[0], character[1]) : character[0];
        var written = code switch
        {
            < 0x100 => buffer.TryWrite(CultureInfo.InvariantCulture, $"\\x{code:x2}", out var count) ? count : 0,
            < 0x10000 => buffer.TryWrite(CultureInfo.InvariantCulture, $"\\u{code:x4}", out var count) ? count : 0,
            _ => buffer.TryWrite(CultureInfo.InvariantCulture, $"\\U{code:x8}", out var count) ? count : 0,
        };
        return buffer[..written];
    }

    private static bool IsPrintable(ReadOnlySpan<char> character) =>
        PythonCase.Category(character, 0) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator);

    private static string Bytes(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder("b'");
        foreach (var value in bytes)
        {
            if (value is (byte)'\'' or (byte)'\\') text.Append('\\').Append((char)value);
            else if (value is >= 32 and < 127) text.Append((char)value);
            else text.Append(value switch { 9 => "\\t", 10 => "\\n", 13 => "\\r", _ => $"\\x{value:x2}" });
        }

        return text.Append('\'').ToString();
    }
}
