namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>The one value whose attributes a template can set.</summary>
internal sealed class NamespaceValue : JinjaValue
{
    private readonly Dictionary<string, JinjaValue> _attributes = [];

    public override string TypeName => "Namespace";

    public void Set(string name, JinjaValue value) => _attributes[name] = value;

    public override JinjaValue? Attribute(RenderRun run, string name) => _attributes.GetValueOrDefault(name);
}
