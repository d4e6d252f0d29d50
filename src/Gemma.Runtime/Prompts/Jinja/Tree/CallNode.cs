using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary>A call.</summary>
internal sealed class CallNode(Expression function, ArgumentNodes arguments) : Expression([function, .. arguments.Parts])
{
    protected override JinjaValue Compute(Scope scope) => Call(scope, null);

    /// <summary>Calls the function with the body of a call block as <c>caller</c>.</summary>
    public JinjaValue Call(Scope scope, JinjaValue? caller)
    {
        var value = function.Evaluate(scope);
        var given = arguments.Evaluate(scope);
        if (caller is not null) given = given with { Named = [.. given.Named, new(TextValue.FromTemplate("caller"), caller)] };
        return value switch
        {
            CallableValue callable => callable.Call(scope.Run, given),
            UndefinedValue undefined => throw undefined.Error(),
            _ => throw new JinjaException($"'{value.TypeName}' object is not callable"),
        };
    }
}
