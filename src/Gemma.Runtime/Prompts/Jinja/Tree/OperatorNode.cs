using Gemma.Runtime.Prompts.Jinja.Operators;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary>An operator between two values.</summary>
internal sealed class OperatorNode(string symbol, Expression left, Expression right) : Expression(left, right)
{
    protected override JinjaValue Compute(Scope scope) => Arithmetic.Apply(scope.Run, symbol, left.Evaluate(scope), right.Evaluate(scope));
}
