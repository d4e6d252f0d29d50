using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary><c>a if c else b</c>.</summary>
internal sealed class ConditionalNode(Expression condition, Expression then, Expression? otherwise) : Expression(condition, then, otherwise)
{
    protected override JinjaValue Compute(Scope scope) =>
        condition.Evaluate(scope).IsTrue ? then.Evaluate(scope) : otherwise?.Evaluate(scope) ?? UndefinedValue.NoElse;
}
