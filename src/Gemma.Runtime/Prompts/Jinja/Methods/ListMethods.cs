using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Methods;

/// <summary>The methods of lists and tuples. Those that would change one are refused, as in Jinja's sandbox, which forgets <c>pop</c>.</summary>
internal static class ListMethods
{
    public static JinjaValue? Find(ListValue list, string name) => name switch
    {
        "count" => new FunctionValue(name, (run, arguments) => Count(run, list, arguments.Take(name, 1, 1)[0]!)),
        "index" => new FunctionValue(name, (run, arguments) => Index(run, list, arguments.Take(name, 1, 3)[0]!)),
        _ when list.IsTuple => null,
        "copy" => new FunctionValue(name, (_, _) => list),
        "pop" => new FunctionValue(name, (_, arguments) => Pop(list, arguments.Take(name, 0, 1)[0])),
        "append" or "clear" or "extend" or "insert" or "remove" or "reverse" or "sort" =>
            new UndefinedValue($"access to attribute '{name}' of 'list' object is unsafe"),
        _ => null,
    };

    private static IntValue Count(RenderRun run, ListValue list, JinjaValue item) =>
        IntValue.From(list.Items.Count(own => ValueComparison.AreEqual(run, own, item)));

    private static IntValue Index(RenderRun run, ListValue list, JinjaValue item)
    {
        var index = list.Items.FindIndex(own => ValueComparison.AreEqual(run, own, item));
        return index >= 0 ? IntValue.From(index) : throw new JinjaException("the item is not in the list");
    }

    private static JinjaValue Pop(ListValue list, JinjaValue? position)
    {
        var index = position is null ? -1 : ValueNumber.Whole(position, "pop() needs an integer");
        if (index < 0) index += list.Items.Count;
        if (index < 0 || index >= list.Items.Count) throw new JinjaException("pop index out of range");
        var item = list.Items[index];
        list.Items.RemoveAt(index);
        return item;
    }
}
