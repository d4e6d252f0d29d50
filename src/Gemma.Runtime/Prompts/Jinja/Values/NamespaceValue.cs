namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>The one value whose attributes a template can set.</summary>
internal sealed class NamespaceValue : JinjaValue
{
    // A few: looking at each is quicker than a hash.
    private readonly List<KeyValuePair<string, JinjaValue>> _attributes = [];

    public override string TypeName => "Namespace";

    public void Set(string name, JinjaValue value)
    {
        var place = IndexOf(name);
        if (place < 0) _attributes.Add(new(name, value));
        else _attributes[place] = new(name, value);
    }

    public override JinjaValue? Attribute(RenderRun run, string name) => IndexOf(name) is >= 0 and var place ? _attributes[place].Value : null;

    private int IndexOf(string name)
    {
        for (var i = 0; i < _attributes.Count; i++)
            if (_attributes[i].Key == name) return i;
        return -1;
    }
}
