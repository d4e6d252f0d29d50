namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>What <c>keys()</c>, <c>values()</c> and <c>items()</c> give.</summary>
/// <param name="kind">dict_keys, dict_values or dict_items.</param>
/// <param name="items">The items.</param>
internal sealed class DictView(string kind, List<JinjaValue> items) : JinjaValue
{
    public List<JinjaValue> Items => items;

    public override string TypeName => kind;

    public override bool IsTrue => items.Count > 0;
}
