namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>A value that is not there. It prints nothing; most other uses are an error.</summary>
/// <param name="problem">What the error says.</param>
internal sealed class UndefinedValue(string problem) : JinjaValue
{
    /// <summary>The result of a condition without else.</summary>
    public static readonly UndefinedValue NoElse = new("the inline if-expression evaluated to false and no else section was defined");

    /// <summary>The parameter that a call left out.</summary>
    public static readonly UndefinedValue NotGiven = new("the parameter was not provided");

    public override string TypeName => "Undefined";

    public override bool IsTrue => false;

    /// <summary>The error of a use that needs a value.</summary>
    public JinjaException Error() => new(problem);

    public override JinjaValue? Attribute(RenderRun run, string name) => throw Error();
}
