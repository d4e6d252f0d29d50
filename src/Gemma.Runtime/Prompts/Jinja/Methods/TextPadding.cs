using System.Numerics;
using Gemma.Runtime.Prompts.Jinja.Operators;
using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Methods;

/// <summary>Fills texts up. What fills is the template's, or what it gave for it.</summary>
internal static class TextPadding
{
    public static TextValue Spaces(RenderRun run, int count) => Arithmetic.Repeat(run, TextValue.FromTemplate(" "), count);

    public static TextValue Center(RenderRun run, TextValue text, JinjaValue width, JinjaValue? fill)
    {
        var missing = Missing(run, text, width);
        var left = (missing / 2) + (missing & Width(width) & 1);
        return Around(run, text, left, missing - left, fill);
    }

    public static TextValue Left(RenderRun run, TextValue text, JinjaValue width, JinjaValue? fill) => Around(run, text, 0, Missing(run, text, width), fill);

    public static TextValue Right(RenderRun run, TextValue text, JinjaValue width, JinjaValue? fill) => Around(run, text, Missing(run, text, width), 0, fill);

    /// <summary>Zeros behind the sign.</summary>
    public static TextValue Zeros(RenderRun run, TextValue text, JinjaValue width)
    {
        var sign = run.Flat(text) is ['+' or '-', ..] ? 1 : 0;
        var zeros = Arithmetic.Repeat(run, TextValue.FromTemplate("0"), Missing(run, text, width));
        return Join(run, text.IsMarkup, text.Slice(run, 0, sign), zeros, text.Slice(run, sign, text.Length - sign));
    }

    /// <summary>Tabs as spaces.</summary>
    public static TextValue ExpandTabs(RenderRun run, TextValue text, int size)
    {
        var flat = run.Flat(text);
        var builder = new TextBuilder(run);
        var (column, start) = (0, 0);
        for (var i = 0; i < flat.Length; i += CodePoints.LengthAt(flat, i))
        {
            if (flat[i] != '\t')
            {
                column = flat[i] is '\n' or '\r' ? 0 : column + 1;
                continue;
            }

            builder.Append(text.Slice(run, start, i - start));
            var count = size > 0 ? size - (column % size) : 0;
            builder.Append(Spaces(run, count));
            column += count;
            start = i + 1;
        }

        builder.Append(text.Slice(run, start, flat.Length - start));
        return builder.ToText(text.IsMarkup);
    }

    private static BigInteger Width(JinjaValue width) =>
        width is IntValue or BoolValue ? ValueNumber.Of(width)!.Value.Integer : throw new JinjaException("a width must be an integer");

    private static BigInteger Missing(RenderRun run, TextValue text, JinjaValue width)
    {
        run.Flat(text);
        return BigInteger.Max(Width(width) - text.Count, 0);
    }

    private static TextValue Around(RenderRun run, TextValue text, BigInteger left, BigInteger right, JinjaValue? fill)
    {
        if (left.IsZero && right.IsZero) return text;
        if (fill is not null and not TextValue { Count: 1 }) throw new JinjaException("The fill character must be exactly one character long");
        var unit = fill as TextValue ?? TextValue.FromTemplate(" ");
        return Join(run, text.IsMarkup, Arithmetic.Repeat(run, unit, left), text, Arithmetic.Repeat(run, unit, right));
    }

    private static TextValue Join(RenderRun run, bool isMarkup, params ReadOnlySpan<TextValue> parts)
    {
        var builder = new TextBuilder(run);
        foreach (var part in parts) builder.Append(part);
        return builder.ToText(isMarkup);
    }
}
