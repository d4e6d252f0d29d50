using System.Numerics;
using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Operators;

/// <summary>Python's operators.</summary>
internal static class Arithmetic
{
    /// <summary>The result of an operator.</summary>
    /// <exception cref="JinjaException">The types do not fit, or a limit is reached.</exception>
    public static JinjaValue Apply(RenderRun run, string symbol, JinjaValue left, JinjaValue right)
    {
        if (left is UndefinedValue undefined) throw undefined.Error();
        if (left is TextValue format && symbol == "%") return PercentFormat.Apply(run, format, right);
        if (right is UndefinedValue other) throw other.Error();
        if (ValueNumber.Of(left) is { } a && ValueNumber.Of(right) is { } b)
            return a.Double is null && b.Double is null ? Integers(symbol, a.Integer, b.Integer) : Doubles(symbol, a.AsDouble, b.AsDouble);
        return (symbol, left, right) switch
        {
            ("+", TextValue text, TextValue end) => Join(run, text, end),
            ("+", ListValue list, ListValue end) when list.IsTuple == end.IsTuple => Join(run, list, end),
            ("*", TextValue text, IntValue or BoolValue) => Repeat(run, text, ValueNumber.Of(right)!.Value.Integer),
            ("*", IntValue or BoolValue, TextValue text) => Repeat(run, text, ValueNumber.Of(left)!.Value.Integer),
            ("*", ListValue list, IntValue or BoolValue) => Repeat(run, list, ValueNumber.Of(right)!.Value.Integer),
            ("*", IntValue or BoolValue, ListValue list) => Repeat(run, list, ValueNumber.Of(left)!.Value.Integer),
            _ => throw new JinjaException($"unsupported operand type(s) for {symbol}: '{left.TypeName}' and '{right.TypeName}'"),
        };
    }

    /// <summary>A number with its sign changed or not.</summary>
    public static JinjaValue Sign(JinjaValue value, bool isMinus) => value switch
    {
        UndefinedValue undefined => throw undefined.Error(),
        FloatValue number => isMinus ? new FloatValue(-number.Value) : number,
        _ when ValueNumber.Of(value) is { } number => IntValue.From(isMinus ? -number.Integer : number.Integer),
        _ => throw new JinjaException($"bad operand type for unary {(isMinus ? '-' : '+')}: '{value.TypeName}'"),
    };

    /// <summary>A text, so many times.</summary>
    public static TextValue Repeat(RenderRun run, TextValue text, BigInteger count)
    {
        if (count <= 0 || text.Length == 0) return TextValue.Empty;
        RenderRun.CheckText((long)BigInteger.Min(count * text.Length, long.MaxValue));
        run.ChargeText((long)(count * text.Length));
        var builder = new TextBuilder(run);
        var pieces = run.Pieces(text);
        if (pieces.Length == 1)
        {
            // One piece need not become many.
            builder.Append(string.Concat(Enumerable.Repeat(run.Flat(text), (int)count)), pieces[0].Origin, count.IsOne ? pieces[0].Index : -1);
            return builder.ToText(text.IsMarkup);
        }

        for (var i = 0; i < count; i++) builder.Append(text);
        return builder.ToText(text.IsMarkup);
    }

    private static TextValue Join(RenderRun run, TextValue left, TextValue right)
    {
        run.Charge(40);
        if (left.IsMarkup == right.IsMarkup) return TextValue.Concat(left, right, left.IsMarkup);
        return TextValue.Concat(Markup.Escape(run, left), Markup.Escape(run, right), isMarkup: true);
    }

    private static ListValue Join(RenderRun run, ListValue left, ListValue right)
    {
        run.ChargeList((long)left.Items.Count + right.Items.Count);
        return new ListValue([.. left.Items, .. right.Items], left.IsTuple);
    }

    private static ListValue Repeat(RenderRun run, ListValue list, BigInteger count)
    {
        run.ChargeList((long)BigInteger.Min(BigInteger.Max(count, 0) * list.Items.Count, int.MaxValue));
        List<JinjaValue> items = [];
        for (var i = 0; i < count && list.Items.Count > 0; i++) items.AddRange(list.Items);
        return new ListValue(items, list.IsTuple);
    }

    private static JinjaValue Integers(string symbol, BigInteger left, BigInteger right)
    {
        switch (symbol)
        {
            case "+":
                return IntValue.From(left + right);
            case "-":
                return IntValue.From(left - right);
            case "*":
                return IntValue.From(left * right);
            case "/" or "//" or "%" when right.IsZero:
                throw new JinjaException("division by zero");
            case "/":
                return new FloatValue(ValueNumber.ToDouble(left) / ValueNumber.ToDouble(right));
            case "//":
                var quotient = BigInteger.DivRem(left, right, out var rest);
                return IntValue.From(!rest.IsZero && rest.Sign != right.Sign ? quotient - 1 : quotient);
            case "%":
                var remainder = BigInteger.Remainder(left, right);
                return IntValue.From(!remainder.IsZero && remainder.Sign != right.Sign ? remainder + right : remainder);
            default:
                return Power(left, right);
        }
    }

    private static JinjaValue Power(BigInteger left, BigInteger right)
    {
        if (right.Sign < 0) return Doubles("**", ValueNumber.ToDouble(left), ValueNumber.ToDouble(right));
        if (left.IsOne || right.IsZero) return IntValue.From(BigInteger.One);
        if (left.IsZero) return IntValue.From(BigInteger.Zero);
        if (BigInteger.Abs(left).IsOne) return IntValue.From(right.IsEven ? BigInteger.One : left);
        if (right * (left.GetBitLength() - 1) > JinjaLimits.IntegerBits)
            throw new JinjaException($"an integer has more than {JinjaLimits.IntegerBits:N0} bits");
        return IntValue.From(BigInteger.Pow(left, (int)right));
    }

    private static FloatValue Doubles(string symbol, double left, double right)
    {
        if (right == 0 && symbol is ("/" or "//" or "%")) throw new JinjaException("float division by zero");
        if (symbol == "**" && left == 0 && right < 0) throw new JinjaException("0.0 cannot be raised to a negative power");
        return new FloatValue(symbol switch
        {
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            "/" => left / right,
            "//" => Math.Floor((left - Modulo(left, right)) / right),
            "%" => Modulo(left, right),
            _ => Math.Pow(left, right),
        });
    }

    private static double Modulo(double left, double right)
    {
        var rest = left % right;
        if (rest == 0) return Math.CopySign(0, right);
        return rest < 0 != right < 0 ? rest + right : rest;
    }
}
