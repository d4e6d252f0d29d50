namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>What lazy filters give: items that can be taken once.</summary>
/// <param name="items">The items.</param>
/// <param name="name">The filter.</param>
internal sealed class LazyValue(IEnumerable<JinjaValue> items, string name) : JinjaValue
{
    private IEnumerator<JinjaValue>? _rest;

    public string Name => name;

    public override string TypeName => "generator";

    /// <summary>The items that nobody has taken yet.</summary>
    public IEnumerable<JinjaValue> Take(RenderRun run)
    {
        _rest ??= items.GetEnumerator();
        while (true)
        {
            run.Step();
            if (!_rest.MoveNext()) yield break;
            yield return _rest.Current;
        }
    }
}
