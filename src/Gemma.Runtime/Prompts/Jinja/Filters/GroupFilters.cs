using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Filters;

/// <summary>Filters that make groups of items.</summary>
internal static class GroupFilters
{
    public static JinjaValue Batch(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var given = arguments.Bind("batch", "linecount", "fill_with");
        var size = ValueNumber.Whole(given[0], "batch() needs a size");
        return new LazyValue(Batches(), "batch");

        IEnumerable<JinjaValue> Batches()
        {
            List<JinjaValue> batch = [];
            foreach (var item in ValueItems.Each(run, value))
            {
                if (batch.Count == size)
                {
                    yield return new ListValue(batch);
                    batch = [];
                }

                run.Charge(20);
                batch.Add(item);
            }

            if (batch.Count == 0) yield break;
            if (given[1] is { } fill && fill is not NoneValue)
            {
                run.ChargeList(size);
                while (batch.Count < size) batch.Add(fill);
            }

            yield return new ListValue(batch);
        }
    }

    public static JinjaValue Slice(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var given = arguments.Bind("slice", "slices", "fill_with");
        var count = ValueNumber.Whole(given[0], "slice() needs a count");
        if (count <= 0) throw new JinjaException("slice() needs a count above 0");
        var items = ValueItems.List(run, value);
        return new LazyValue(Slices(), "slice");

        IEnumerable<JinjaValue> Slices()
        {
            var (size, more) = Math.DivRem(items.Count, count);
            for (int i = 0, at = 0; i < count; i++)
            {
                run.Charge(20);
                var length = i < more ? size + 1 : size;
                var slice = items.GetRange(at, length);

                // Jinja fills without looking whether any slice is longer.
                if (given[1] is { } fill && fill is not NoneValue && i >= more) slice.Add(fill);
                at += length;
                yield return new ListValue(slice);
            }
        }
    }

    public static JinjaValue GroupBy(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var given = arguments.Bind("groupby", "attribute", "default", "case_sensitive");
        var path = given[0] ?? throw new JinjaException("groupby() needs an attribute");
        var sorted = SortFilters.Order(run, ValueItems.Each(run, value),
            item => SortFilters.Fold(run, AttributePath.Read(run, item, path, given[1]), given[2]?.IsTrue == true), isReverse: false);
        List<JinjaValue> groups = [];
        JinjaValue? last = null;
        foreach (var item in sorted)
        {
            var grouper = AttributePath.Read(run, item, path, given[1]);
            var key = SortFilters.Fold(run, grouper, given[2]?.IsTrue == true);
            if (last is null || !ValueComparison.AreEqual(run, last, key)) groups.Add(new GroupValue(grouper, new ListValue([])));
            ((GroupValue)groups[^1]).List.Items.Add(item);
            last = key;
        }

        return new ListValue(groups);
    }
}
