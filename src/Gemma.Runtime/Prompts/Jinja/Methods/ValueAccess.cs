using System.Numerics;
using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Methods;

/// <summary>Attributes, items and slices.</summary>
internal static class ValueAccess
{
    /// <summary><c>x.name</c>: an attribute of the type, otherwise a key.</summary>
    public static JinjaValue Attribute(RenderRun run, JinjaValue target, string name)
    {
        if (target is UndefinedValue undefined) throw undefined.Error();
        if (name.StartsWith('_') && !(target is DictValue own && own.Find(name) is not null)) return Refused(target, name);
        if (Own(run, target, name) is { } attribute) return attribute;
        return target is DictValue dict && dict.Find(name) is { } value ? value : UndefinedValue.Missing(target, name);
    }

    /// <summary><c>x[key]</c>: an item, otherwise an attribute.</summary>
    public static JinjaValue Item(RenderRun run, JinjaValue target, JinjaValue key)
    {
        if (target is UndefinedValue undefined) throw undefined.Error();
        if (key is TextValue name)
        {
            var flat = run.Flat(name);
            if (target is DictValue dict && dict.Find(key) is { } value) return value;
            if (flat.StartsWith('_')) return Refused(target, flat);
            return Own(run, target, flat) ?? UndefinedValue.Missing(target, flat);
        }

        if (target is DictValue any)
            return ValueKey.IsHashable(key) && any.Find(key) is { } found ? found : new UndefinedValue("dict object has no such element");
        if (key is not (IntValue or BoolValue)) return new UndefinedValue($"{target.TypeName} object has no such element");
        return At(run, target, ValueNumber.Of(key)!.Value.Integer)
            ?? new UndefinedValue($"{target.TypeName} object has no element {ValueNumber.Of(key)!.Value.Integer}");
    }

    /// <summary>A slice.</summary>
    /// <exception cref="JinjaException">The value has no slices, or a bound is no integer.</exception>
    public static JinjaValue Slice(RenderRun run, JinjaValue target, JinjaValue? start, JinjaValue? stop, JinjaValue? step)
    {
        switch (target)
        {
            case UndefinedValue undefined:
                throw undefined.Error();
            case TextValue text:
                run.Flat(text);
                var (from, count, width) = Bounds(text.Count, start, stop, step);
                if (width == 1) return text.Part(run, from, count);
                var builder = new TextBuilder(run);
                run.Touch(count);
                for (var i = 0; i < count; i++) builder.Append(text.Part(run, from + (i * width), 1));
                return builder.ToText(text.IsMarkup);
            case ListValue list:
                var (first, length, distance) = Bounds(list.Items.Count, start, stop, step);
                run.ChargeList(length);
                List<JinjaValue> items = new(length);
                for (var i = 0; i < length; i++) items.Add(list.Items[first + (i * distance)]);
                return new ListValue(items, list.IsTuple);
            case RangeValue range:
                var (begin, size, stride) = Bounds(range.Count, start, stop, step);
                var origin = range.Start + (range.StepWidth * begin);
                return RangeValue.Create(origin, origin + (range.StepWidth * stride * size), range.StepWidth * stride);
            default:
                throw new JinjaException($"'{target.TypeName}' object has no slices");
        }
    }

    /// <summary>An attribute that the type of a value has, or null.</summary>
    public static JinjaValue? Own(RenderRun run, JinjaValue value, string name) => value switch
    {
        TextValue text => TextMethods.Find(text, name),
        ListValue list => list.Attribute(run, name) ?? ListMethods.Find(list, name),
        DictValue dict => DictMethods.Find(dict, name),
        _ => value.Attribute(run, name),
    };

    private static UndefinedValue Refused(JinjaValue target, string name) => new($"access to attribute '{name}' of '{target.TypeName}' object is unsafe");

    private static JinjaValue? At(RenderRun run, JinjaValue target, BigInteger index)
    {
        if (target is TextValue flat) run.Flat(flat);
        var count = target switch
        {
            TextValue text => text.Count,
            ListValue list => list.Items.Count,
            RangeValue range => range.Count,
            _ => 0,
        };
        if (index < 0) index += count;
        if (index < 0 || index >= count) return null;
        return target switch
        {
            TextValue text => text.Part(run, (int)index, 1),
            ListValue list => list.Items[(int)index],
            RangeValue range => range.Item((int)index),
            _ => null,
        };
    }

    // The first item, how many there are, and how far they are apart.
    private static (int First, int Count, int Step) Bounds(int length, JinjaValue? start, JinjaValue? stop, JinjaValue? step)
    {
        var width = Bound(step) ?? 1;
        if (width.IsZero) throw new JinjaException("slice step cannot be zero");
        var (low, high) = width.Sign > 0 ? (0, length) : (-1, length - 1);
        var first = Clamp(Bound(start), width.Sign > 0 ? low : high);
        var end = Clamp(Bound(stop), width.Sign > 0 ? high : low);
        var span = width.Sign > 0 ? end - first : first - end;
        if (span <= 0) return (0, 0, 1);
        var distance = (int)BigInteger.Min(BigInteger.Abs(width), length + 1);
        return (first, ((span - 1) / distance) + 1, width.Sign * distance);

        int Clamp(BigInteger? bound, int missing)
        {
            if (bound is not { } value) return missing;
            if (value.Sign < 0) value += length;
            return (int)BigInteger.Min(BigInteger.Max(value, low), high);
        }
    }

    private static BigInteger? Bound(JinjaValue? bound) => bound switch
    {
        null or NoneValue => null,
        IntValue or BoolValue => ValueNumber.Of(bound)!.Value.Integer,
        UndefinedValue undefined => throw undefined.Error(),
        _ => throw new JinjaException("slice indices must be integers or None"),
    };
}
