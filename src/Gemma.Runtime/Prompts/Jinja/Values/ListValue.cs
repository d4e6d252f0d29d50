namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>A list or a tuple.</summary>
/// <param name="items">The items. They belong to the value.</param>
/// <param name="isTuple">Whether it is a tuple.</param>
internal class ListValue(List<JinjaValue> items, bool isTuple = false) : JinjaValue
{
    public static readonly ListValue EmptyTuple = new([], isTuple: true);

    public List<JinjaValue> Items => items;

    public bool IsTuple => isTuple;

    public override string TypeName => isTuple ? "tuple" : "list";

    public override bool IsTrue => items.Count > 0;

    public static ListValue Pair(JinjaValue first, JinjaValue second) => new([first, second], isTuple: true);
}
