using System.Globalization;
using Gemma.Runtime.Prompts.Jinja.Operators;
using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Filters;

/// <summary><c>tojson</c> as transformers defines it: Python's <c>json.dumps</c>, which escapes no HTML and keeps other letters as they are.</summary>
internal static class JsonFilter
{
    public static JinjaValue Apply(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var given = arguments.Bind("tojson", "ensure_ascii", "indent", "separators", "sort_keys");
        TextValue? indent = given[1] switch
        {
            null or NoneValue => null,
            TextValue text => text,
            var width => Arithmetic.Repeat(run, TextValue.FromTemplate(" "), ValueNumber.Of(width)?.Integer
                ?? throw new JinjaException("an indent is an integer or a text")),
        };
        var (item, key) = Separators(run, given[2], indent is not null);
        var builder = new TextBuilder(run);
        new Writer(run, builder, given[0]?.IsTrue == true, indent, item, key, given[3]?.IsTrue == true).Write(value, 0);
        return builder.ToText();
    }

    private static (string Item, string Key) Separators(RenderRun run, JinjaValue? given, bool isIndented)
    {
        if (given is null or NoneValue) return (isIndented ? "," : ", ", ": ");
        var pair = ValueItems.List(run, given);
        return pair is [TextValue item, TextValue key] ? (run.Flat(item), run.Flat(key)) : throw new JinjaException("separators are a pair of texts");
    }

    private sealed class Writer(RenderRun run, TextBuilder builder, bool isAscii, TextValue? indent, string itemSeparator, string keySeparator, bool isSorted)
    {
        public void Write(JinjaValue value, int depth)
        {
            run.Step();
            switch (value)
            {
                case TextValue text:
                    WriteText(text);
                    break;
                case ListValue list:
                    WriteItems("[", "]", list.Items.Count, depth, i => Write(list.Items[i], depth + 1));
                    break;
                case DictValue dict:
                    var items = isSorted ? Sorted(dict) : dict.Items;
                    WriteItems("{", "}", items.Count, depth, i =>
                    {
                        WriteKey(items[i].Key);
                        builder.AppendWritten(keySeparator);
                        Write(items[i].Value, depth + 1);
                    });
                    break;
                default:
                    builder.AppendWritten(Plain(value) ?? throw new JinjaException($"Object of type {value.TypeName} is not JSON serializable"));
                    break;
            }
        }

        private static string? Plain(JinjaValue value) => value switch
        {
            NoneValue => "null",
            BoolValue boolean => boolean.Value ? "true" : "false",
            IntValue integer => PythonNumbers.Write(integer.Value),
            FloatValue number => PythonNumbers.Write(number.Value, "Infinity", "NaN"),
            _ => null,
        };

        private List<KeyValuePair<JinjaValue, JinjaValue>> Sorted(DictValue dict) => SortFilters.Order(run, dict.Items, item => item.Key);

        private void WriteItems(string open, string close, int count, int depth, Action<int> write)
        {
            run.Enter();
            builder.AppendWritten(open);
            for (var i = 0; i < count; i++)
            {
                if (i > 0) builder.AppendWritten(itemSeparator);
                BreakLine(depth + 1);
                write(i);
            }

            if (count > 0) BreakLine(depth);
            builder.AppendWritten(close);
            run.Leave();
        }

        private void BreakLine(int depth)
        {
            if (indent is null) return;
            builder.AppendWritten("\n");
            for (var i = 0; i < depth; i++) builder.AppendWritten(run.Flat(indent));
        }

        private void WriteKey(JinjaValue key)
        {
            if (key is TextValue text)
            {
                WriteText(text);
                return;
            }

            builder.AppendWritten("\"");
            builder.AppendWritten(Plain(key) ?? throw new JinjaException($"keys must be str, int, float, bool or None, not {key.TypeName}"));
            builder.AppendWritten("\"");
        }

        private void WriteText(TextValue text)
        {
            builder.AppendWritten("\"");
            TextMap.Write(run, builder, text, run.Flat(text), Escape);
            builder.AppendWritten("\"");
        }

        private ReadOnlySpan<char> Escape(ReadOnlySpan<char> text, int index, int length, Span<char> buffer)
        {
            switch (text[index])
            {
                case '"':
                    return "\\\"";
                case '\\':
                    return "\\\\";
                case '\b':
                    return "\\b";
                case '\f':
                    return "\\f";
                case '\n':
                    return "\\n";
                case '\r':
                    return "\\r";
                case '\t':
                    return "\\t";
                case < ' ':
                case > '~' when isAscii:
                    var written = 0;
                    foreach (var unit in text.Slice(index, length))
                    {
                        buffer[written..].TryWrite(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}", out var count);
                        written += count;
                    }

                    return buffer[..written];
                default:
                    return text.Slice(index, length);
            }
        }
    }
}
