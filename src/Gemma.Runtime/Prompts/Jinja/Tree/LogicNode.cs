using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary><c>and</c> and <c>or</c>: the operand that decides.</summary>
internal sealed class LogicNode(bool isAnd, Expression[] items) : Expression(items)
{
    protected override JinjaValue Compute(Scope scope)
    {
        for (var i = 0; ; i++)
        {
            var value = items[i].Evaluate(scope);
            if (i == items.Length - 1 || value.IsTrue != isAnd) return value;
        }
    }
}
