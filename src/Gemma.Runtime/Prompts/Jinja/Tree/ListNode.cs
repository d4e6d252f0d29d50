using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary>A list or a tuple.</summary>
internal sealed class ListNode(Expression[] items, bool isTuple) : Expression(items)
{
    public IReadOnlyList<Expression> Items => items;

    public bool IsTuple => isTuple;

    protected override JinjaValue Compute(Scope scope)
    {
        scope.Run.ChargeList(items.Length);
        List<JinjaValue> values = new(items.Length);
        foreach (var item in items) values.Add(item.Evaluate(scope));
        return new ListValue(values, isTuple);
    }
}
