namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>True or False; in arithmetic 1 or 0.</summary>
internal sealed class BoolValue(bool value) : JinjaValue
{
    public static readonly BoolValue True = new(true);

    public static readonly BoolValue False = new(false);

    public bool Value => value;

    public override string TypeName => "bool";

    public override bool IsTrue => value;

    public static BoolValue From(bool value) => value ? True : False;
}
