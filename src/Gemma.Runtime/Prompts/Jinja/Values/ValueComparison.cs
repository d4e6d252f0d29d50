using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>Compares values as Python does.</summary>
internal static class ValueComparison
{
    /// <summary><c>==</c>, which never fails: values of different types are unequal.</summary>
    public static bool AreEqual(RenderRun run, JinjaValue left, JinjaValue right)
    {
        run.Step();
        switch (left, right)
        {
            case (TextValue a, TextValue b):
                return a.Length == b.Length && run.Flat(a) == run.Flat(b);
            case (ListValue a, ListValue b):
                return a.IsTuple == b.IsTuple && a.Items.Count == b.Items.Count && AllEqual(run, a.Items, b.Items);
            case (DictView a, DictView b):
                return a.TypeName == b.TypeName && a.Items.Count == b.Items.Count && AllEqual(run, a.Items, b.Items);
            case (DictValue a, DictValue b):
                return a.Items.Count == b.Items.Count && AllEqual(run, a, b);
            case (RangeValue a, RangeValue b):
                return a.Count == b.Count && (a.Count == 0 || a.Start == b.Start) && (a.Count < 2 || a.StepWidth == b.StepWidth);
            default:
                return ValueKey.Comparer.Equals(left, right);
        }
    }

    /// <summary>The order of two values; null where neither is the smaller and they are not equal.</summary>
    /// <param name="run">Counts the work.</param>
    /// <param name="left">A value.</param>
    /// <param name="right">Another one.</param>
    /// <param name="comparison">The operator, for the message.</param>
    /// <exception cref="JinjaException">The types have no order.</exception>
    public static int? Order(RenderRun run, JinjaValue left, JinjaValue right, string comparison = "<")
    {
        run.Step();
        if (left is UndefinedValue undefined) throw undefined.Error();
        if (right is UndefinedValue other) throw other.Error();
        if (ValueNumber.Of(left) is { } number && ValueNumber.Of(right) is { } second) return number.CompareTo(second);
        if (left is TextValue a && right is TextValue b) return CodePoints.Compare(run.Flat(a), run.Flat(b));
        if (left is ListValue first && right is ListValue rest && first.IsTuple == rest.IsTuple) return Order(run, first.Items, rest.Items, comparison);
        throw new JinjaException($"'{comparison}' not supported between instances of '{left.TypeName}' and '{right.TypeName}'");
    }

    /// <summary><c>item in container</c>.</summary>
    public static bool Contains(RenderRun run, JinjaValue container, JinjaValue item)
    {
        switch (container)
        {
            case TextValue text:
                if (item is UndefinedValue undefined) throw undefined.Error();
                if (item is not TextValue part) throw new JinjaException($"'in <string>' requires string as left operand, not {item.TypeName}");
                run.Touch((long)text.Length + part.Length);
                return run.Flat(text).Contains(run.Flat(part), StringComparison.Ordinal);
            case DictValue dict:
                ValueKey.Check(item);
                if (item is TextValue key) run.Flat(key);
                return dict.Find(item) is not null;
            case UndefinedValue:
                return false;
            case ListValue or DictView or RangeValue or LazyValue:
                foreach (var own in ValueItems.Each(run, container))
                {
                    if (AreEqual(run, own, item)) return true;
                }

                return false;
            default:
                throw new JinjaException($"argument of type '{container.TypeName}' is not iterable");
        }
    }

    private static bool AllEqual(RenderRun run, List<JinjaValue> left, List<JinjaValue> right)
    {
        run.Enter();
        var equal = true;
        for (var i = 0; equal && i < left.Count; i++) equal = AreEqual(run, left[i], right[i]);
        run.Leave();
        return equal;
    }

    private static bool AllEqual(RenderRun run, DictValue left, DictValue right)
    {
        run.Enter();
        var equal = left.Items.All(item => right.Find(item.Key) is { } value && AreEqual(run, item.Value, value));
        run.Leave();
        return equal;
    }

    private static int? Order(RenderRun run, List<JinjaValue> left, List<JinjaValue> right, string comparison)
    {
        run.Enter();
        int? order = left.Count.CompareTo(right.Count);
        for (var i = 0; i < Math.Min(left.Count, right.Count); i++)
        {
            if (AreEqual(run, left[i], right[i])) continue;
            order = Order(run, left[i], right[i], comparison);
            break;
        }

        run.Leave();
        return order;
    }
}
