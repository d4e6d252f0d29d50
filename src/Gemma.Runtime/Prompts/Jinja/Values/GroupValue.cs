namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>A group of <c>groupby</c>: a pair whose parts also have names.</summary>
/// <param name="grouper">What the items have in common.</param>
/// <param name="list">The items.</param>
internal sealed class GroupValue(JinjaValue grouper, ListValue list) : ListValue([grouper, list], isTuple: true)
{
    /// <summary>The items.</summary>
    public ListValue List => list;

    public override JinjaValue? Attribute(RenderRun run, string name) => name switch
    {
        "grouper" => grouper,
        "list" => list,
        _ => null,
    };
}
