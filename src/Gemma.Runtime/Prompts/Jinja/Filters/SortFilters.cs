using System.Runtime.ExceptionServices;
using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Filters;

/// <summary>Filters that order items; text ignores case unless told otherwise.</summary>
internal static class SortFilters
{
    public static JinjaValue Sort(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var given = arguments.Bind("sort", "reverse", "case_sensitive", "attribute");
        JinjaValue[] paths = given[2] switch
        {
            null or NoneValue => [],
            TextValue names => [.. run.Flat(names).Split(',').Select(name => TextValue.FromTemplate(name))],
            var index => [index],
        };
        var isSensitive = given[1]?.IsTrue == true;
        return new ListValue(Order(run, ValueItems.Each(run, value), item => Key(item, paths), given[0]?.IsTrue == true));

        // Always a list: lists of equal items are equal, also where the items have no order.
        ListValue Key(JinjaValue item, JinjaValue[] by) => by.Length == 0
            ? new ListValue([Fold(run, item, isSensitive)])
            : new ListValue([.. by.Select(path => Fold(run, AttributePath.Read(run, item, path), isSensitive))]);
    }

    public static JinjaValue DictSort(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var given = arguments.Bind("dictsort", "case_sensitive", "by", "reverse");
        if (value is UndefinedValue undefined) throw undefined.Error();
        if (value is not DictValue dict) throw new JinjaException($"'{value.TypeName}' object has no attribute 'items'");
        var place = (given[1] is null ? "key" : run.Flat(ValueText.Str(run, given[1]!))) switch
        {
            "key" => 0,
            "value" => 1,
            _ => throw new JinjaException("You can only sort by either \"key\" or \"value\""),
        };
        return new ListValue(Order(run, dict.Items.Select(JinjaValue (item) => ListValue.Pair(item.Key, item.Value)),
            pair => Fold(run, ((ListValue)pair).Items[place], given[0]?.IsTrue == true), given[2]?.IsTrue == true));
    }

    public static JinjaValue Unique(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var given = arguments.Bind("unique", "case_sensitive", "attribute");
        var seen = new HashSet<JinjaValue>(ValueKey.Comparer);
        return new LazyValue(ValueItems.Each(run, value).Where(item => seen.Add(Key(item))), "unique");

        JinjaValue Key(JinjaValue item)
        {
            run.Charge(16);
            var key = Fold(run, given[1] is null or NoneValue ? item : AttributePath.Read(run, item, given[1]!), given[0]?.IsTrue == true);
            ValueKey.Check(key);
            return key;
        }
    }

    public static JinjaValue Min(RenderRun run, JinjaValue value, CallArguments arguments) => Extreme(run, value, arguments, "min", -1);

    public static JinjaValue Max(RenderRun run, JinjaValue value, CallArguments arguments) => Extreme(run, value, arguments, "max", 1);

    /// <summary>A text without its case, other values as they are.</summary>
    public static JinjaValue Fold(RenderRun run, JinjaValue value, bool isSensitive)
    {
        if (isSensitive || value is not TextValue text) return value;
        var flat = run.Flat(text);
        run.ChargeText(flat.Length);
        return TextValue.FromTemplate(PythonCase.Lower(flat));
    }

    /// <summary>Items in the order of their keys; equal ones keep theirs.</summary>
    public static List<JinjaValue> Order(RenderRun run, IEnumerable<JinjaValue> items, Func<JinjaValue, JinjaValue> key, bool isReverse) =>
        Order(run, ValueItems.Collect(run, items).ConvertAll(item => (Key: key(item), Item: item)), pair => pair.Key, isReverse).ConvertAll(pair => pair.Item);

    /// <summary>Items in the order of their keys; equal ones keep theirs.</summary>
    public static List<T> Order<T>(RenderRun run, IEnumerable<T> items, Func<T, JinjaValue> key, bool isReverse = false)
    {
        var comparer = Comparer<JinjaValue>.Create((left, right) => ValueComparison.Order(run, left, right) ?? 0);
        try
        {
            return [.. isReverse ? items.OrderByDescending(key, comparer) : items.OrderBy(key, comparer)];
        }
        catch (InvalidOperationException e) when (e.InnerException is { } inner)
        {
            ExceptionDispatchInfo.Throw(inner);
            throw;
        }
    }

    private static JinjaValue Extreme(RenderRun run, JinjaValue value, CallArguments arguments, string name, int sign)
    {
        var given = arguments.Bind(name, "case_sensitive", "attribute");
        JinjaValue? best = null, bestKey = null;
        foreach (var item in ValueItems.Each(run, value))
        {
            var key = Fold(run, given[1] is null or NoneValue ? item : AttributePath.Read(run, item, given[1]!), given[0]?.IsTrue == true);
            if (bestKey is not null && ValueComparison.Order(run, key, bestKey) * sign is not > 0) continue;
            (best, bestKey) = (item, key);
        }

        return best ?? new UndefinedValue("No aggregated item, sequence was empty.");
    }
}
