using System.Globalization;
using System.Numerics;
using Gemma.Runtime.Prompts.Jinja.Operators;
using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Filters;

/// <summary>Filters over numbers.</summary>
internal static class NumberFilters
{
    public static JinjaValue Abs(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        arguments.Bind("abs");
        return value switch
        {
            FloatValue number => new FloatValue(Math.Abs(number.Value)),
            _ when ValueNumber.Of(value) is { } number => IntValue.From(BigInteger.Abs(number.Integer)),
            _ => throw new JinjaException($"bad operand type for abs(): '{value.TypeName}'"),
        };
    }

    public static JinjaValue Int(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var given = arguments.Bind("int", "default", "base");
        if (value is UndefinedValue undefined) throw undefined.Error();
        var otherwise = given[0] ?? IntValue.From(0);
        var radix = given[1] is null ? 10 : ValueNumber.Whole(given[1], "int() needs a base that is an integer");
        if (value is TextValue text)
        {
            var flat = run.Flat(text);
            if ((radix == 10 ? PythonNumbers.ReadInteger(flat) : PythonNumbers.ReadInteger(flat, radix)) is { } integer) return IntValue.From(integer);
            return PythonNumbers.ReadFloat(flat) is { } number ? Truncate(number, otherwise) : otherwise;
        }

        return ValueNumber.Of(value) is not { } own ? otherwise : own.Double is { } fraction ? Truncate(fraction, otherwise) : IntValue.From(own.Integer);
    }

    public static JinjaValue Float(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var given = arguments.Bind("float", "default");
        if (value is UndefinedValue undefined) throw undefined.Error();
        if (ValueNumber.Of(value) is { } number) return new FloatValue(number.AsDouble);
        return value is TextValue text && PythonNumbers.ReadFloat(run.Flat(text)) is { } read ? new FloatValue(read) : given[0] ?? new FloatValue(0);
    }

    public static JinjaValue Round(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var given = arguments.Bind("round", "precision", "method");
        var digits = given[0] is null ? 0 : ValueNumber.Whole(given[0], "round() needs a precision that is an integer");
        var method = given[1] is null ? "common" : run.Flat(ValueText.Str(run, given[1]!));
        if (ValueNumber.Of(value) is not { } number) throw new JinjaException($"type {value.TypeName} doesn't define __round__ method");
        if (method is not ("common" or "ceil" or "floor")) throw new JinjaException("method must be common, ceil or floor");
        if (digits is < -JinjaLimits.Precision or > JinjaLimits.Precision) throw new JinjaException($"a precision is beyond {JinjaLimits.Precision}");
        if (method == "common")
            return number.Double is { } fraction ? new FloatValue(PythonFloat.Round(fraction, digits)) : IntValue.From(RoundInteger(number.Integer, digits));
        var scale = Math.Pow(10, digits);
        return new FloatValue((method == "ceil" ? Math.Ceiling(number.AsDouble * scale) : Math.Floor(number.AsDouble * scale)) / scale);
    }

    public static JinjaValue Sum(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var given = arguments.Bind("sum", "attribute", "start");
        var items = ValueItems.Each(run, value);
        if (given[0] is { } path && path is not NoneValue) items = items.Select(item => AttributePath.Read(run, item, path));
        return items.Aggregate(given[1] ?? IntValue.From(0), (sum, item) => Arithmetic.Apply(run, "+", sum, item));
    }

    public static JinjaValue FileSizeFormat(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var isBinary = arguments.Bind("filesizeformat", "binary")[0]?.IsTrue == true;
        var bytes = ((FloatValue)Float(run, value, CallArguments.None)).Value;
        var unit = isBinary ? 1024d : 1000d;
        if (bytes == 1) return TextValue.FromTemplate("1 Byte");
        if (double.IsNegativeInfinity(bytes)) throw new JinjaException("cannot convert float infinity to integer");
        if (bytes < unit) return TextValue.FromTemplate($"{PythonNumbers.Write(new BigInteger(bytes))} Bytes");
        var power = 1;
        string[] prefixes = isBinary ? ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"] : ["k", "M", "G", "T", "P", "E", "Z", "Y"];
        while (power < prefixes.Length && bytes >= Math.Pow(unit, power + 1)) power++;
        return TextValue.FromTemplate($"{(bytes / Math.Pow(unit, power)).ToString("F1", CultureInfo.InvariantCulture)} {prefixes[power - 1]}B");
    }

    private static JinjaValue Truncate(double number, JinjaValue otherwise)
    {
        if (double.IsNaN(number)) return otherwise;
        return double.IsFinite(number)
            ? IntValue.From(new BigInteger(Math.Truncate(number)))
            : throw new JinjaException("cannot convert float infinity to integer");
    }

    // To the even one if two are as near.
    private static BigInteger RoundInteger(BigInteger value, int digits)
    {
        if (digits >= 0) return value;
        var unit = BigInteger.Pow(10, -digits);
        var rest = ((value % unit) + unit) % unit;
        var low = value - rest;
        var isUp = rest * 2 > unit || (rest * 2 == unit && !(low / unit).IsEven);
        return isUp ? low + unit : low;
    }
}
