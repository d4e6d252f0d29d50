namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>Where a value stands in a template's input: <c>messages[0].content</c>. The text is made when somebody asks.</summary>
internal sealed class ValuePath
{
    private readonly ValuePath? _parent;
    private readonly string? _name;
    private readonly int _index;

    /// <summary>The path of a variable.</summary>
    public ValuePath(string name) => _name = name;

    private ValuePath(ValuePath parent, string? name, int index) => (_parent, _name, _index) = (parent, name, index);

    public ValuePath Member(string name) => new(this, name, 0);

    public ValuePath Item(int index) => new(this, null, index);

    public override string ToString() => _parent is null ? _name! : _name is null ? $"{_parent}[{_index}]" : $"{_parent}.{_name}";
}
