using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>A value that is not there. It prints nothing; most other uses are an error.</summary>
internal sealed class UndefinedValue : JinjaValue
{
    private readonly string _problem;
    private readonly string? _owner;

    /// <summary>Creates a value.</summary>
    /// <param name="problem">What the error says.</param>
    public UndefinedValue(string problem) => _problem = problem;

    private UndefinedValue(string owner, string name) => (_owner, _problem) = (owner, name);

    /// <summary>The result of a condition without else.</summary>
    public static readonly UndefinedValue NoElse = new("the inline if-expression evaluated to false and no else section was defined");

    public override string TypeName => "Undefined";

    public override bool IsTrue => false;

    /// <summary>
    /// What an attribute gives that a value lacks. Templates look at many, and few of them are errors: the message is made when it is asked for.
    /// </summary>
    public static UndefinedValue Missing(JinjaValue owner, string name) => new(owner.TypeName, name);

    /// <summary>The error of a use that needs a value.</summary>
    public JinjaException Error() => new(_owner is null ? _problem : $"'{_owner} object' has no attribute '{_problem}'");

    public override JinjaValue? Attribute(RenderRun run, string name) => throw Error();
}
