using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>Goes through the items of a value.</summary>
internal static class ValueItems
{
    /// <summary>Whether a value has items.</summary>
    public static bool IsIterable(JinjaValue value) =>
        value is TextValue or ListValue or DictValue or DictView or RangeValue or LazyValue or UndefinedValue or LoopValue;

    /// <summary>The items, one after the other: characters of a text, keys of a dictionary.</summary>
    /// <exception cref="JinjaException">The value has no items.</exception>
    public static IEnumerable<JinjaValue> Each(RenderRun run, JinjaValue value) => value switch
    {
        ListValue list => Steps(run, list.Items),
        TextValue text => Characters(run, text),
        DictValue dict => Steps(run, dict.Items.Select(item => item.Key)),
        DictView view => Steps(run, view.Items),
        RangeValue range => Steps(run, range.Items),
        LazyValue lazy => lazy.Take(run),
        UndefinedValue => [],
        _ => Fail(value),
    };

    /// <summary>The items as a list. It may be the value's own: nobody may change it.</summary>
    public static List<JinjaValue> List(RenderRun run, JinjaValue value) => value switch
    {
        ListValue list => list.Items,
        DictView view => view.Items,
        _ => Collect(run, Each(run, value)),
    };

    /// <summary>Items as a new list.</summary>
    public static List<JinjaValue> Collect(RenderRun run, IEnumerable<JinjaValue> items)
    {
        List<JinjaValue> list = [];
        foreach (var item in items)
        {
            list.Add(item);
            if ((list.Count & 1023) == 0) run.ChargeList(list.Count);
        }

        run.ChargeList(list.Count);
        return list;
    }

    // Lazy filters fail only when somebody takes an item.
    private static IEnumerable<JinjaValue> Fail(JinjaValue value)
    {
        if (!IsIterable(value)) throw new JinjaException($"'{value.TypeName}' object is not iterable");
        yield break;
    }

    private static IEnumerable<JinjaValue> Steps(RenderRun run, IEnumerable<JinjaValue> items)
    {
        foreach (var item in items)
        {
            run.Step();
            yield return item;
        }
    }

    private static IEnumerable<JinjaValue> Characters(RenderRun run, TextValue text)
    {
        var flat = run.Flat(text);
        for (var i = 0; i < flat.Length;)
        {
            var length = CodePoints.LengthAt(flat, i);
            run.Charge(48);
            yield return text.Slice(run, i, length).As(isMarkup: false);
            i += length;
        }
    }
}
