using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary><c>loop</c> inside a loop.</summary>
/// <param name="items">All items.</param>
/// <param name="depth">How deep a recursive loop is, from 0.</param>
/// <param name="again">Renders the loop's body for other items, if the loop is recursive.</param>
internal sealed class LoopValue(List<JinjaValue> items, int depth, Func<RenderRun, JinjaValue, int, JinjaValue>? again) : CallableValue
{
    private JinjaValue? _changed;

    public int Position { get; set; }

    public int Count => items.Count;

    public override string Name => "loop";

    public override string TypeName => "LoopContext";

    public override JinjaValue Call(RenderRun run, CallArguments arguments)
    {
        if (again is null) throw new JinjaException("the loop must have the 'recursive' marker to be called recursively");
        return again(run, arguments.Take("loop", 1, 1)[0]!, depth + 1);
    }

    public override JinjaValue? Attribute(RenderRun run, string name) => name switch
    {
        "index" => IntValue.From(Position + 1),
        "index0" => IntValue.From(Position),
        "revindex" => IntValue.From(items.Count - Position),
        "revindex0" => IntValue.From(items.Count - Position - 1),
        "first" => BoolValue.From(Position == 0),
        "last" => BoolValue.From(Position == items.Count - 1),
        "length" => IntValue.From(items.Count),
        "depth" => IntValue.From(depth + 1),
        "depth0" => IntValue.From(depth),
        "previtem" => Position > 0 ? items[Position - 1] : new UndefinedValue("there is no previous item"),
        "nextitem" => Position < items.Count - 1 ? items[Position + 1] : new UndefinedValue("there is no next item"),
        "cycle" => new FunctionValue("cycle",
            (_, arguments) => arguments.Positional.Count > 0
                ? arguments.Positional[Position % arguments.Positional.Count]
                : throw new JinjaException("no items for cycling given")),
        "changed" => new FunctionValue("changed", Changed),
        _ => null,
    };

    private BoolValue Changed(RenderRun run, CallArguments arguments)
    {
        var values = new ListValue([.. arguments.Positional], isTuple: true);
        if (_changed is not null && ValueComparison.AreEqual(run, _changed, values)) return BoolValue.False;
        _changed = values;
        return BoolValue.True;
    }
}
