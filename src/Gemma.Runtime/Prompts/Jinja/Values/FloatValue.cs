namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>A number with a fraction.</summary>
internal sealed class FloatValue(double value) : JinjaValue
{
    public double Value => value;

    public override string TypeName => "float";

    public override bool IsTrue => value != 0;
}
