namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary><c>cycler(...)</c>: one item after the other, for ever.</summary>
internal sealed class CyclerValue(IReadOnlyList<JinjaValue> items) : JinjaValue
{
    private int _position;

    public override string TypeName => "Cycler";

    public override JinjaValue? Attribute(RenderRun run, string name) => name switch
    {
        "current" => items[_position],
        "next" => new FunctionValue(name, (_, _) => Next()),
        "reset" => new FunctionValue(name, (_, _) => Reset()),
        _ => null,
    };

    private JinjaValue Next()
    {
        var current = items[_position];
        _position = (_position + 1) % items.Count;
        return current;
    }

    private NoneValue Reset()
    {
        _position = 0;
        return NoneValue.Instance;
    }
}
