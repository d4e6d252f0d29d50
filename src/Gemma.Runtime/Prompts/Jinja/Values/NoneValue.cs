namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>None.</summary>
internal sealed class NoneValue : JinjaValue
{
    public static readonly NoneValue Instance = new();

    public override string TypeName => "NoneType";

    public override bool IsTrue => false;
}
