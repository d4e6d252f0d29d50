using Gemma.Runtime.Prompts.Jinja.Operators;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary><c>-x</c> and <c>+x</c>.</summary>
internal sealed class SignNode(bool isMinus, Expression item) : Expression(item)
{
    protected override JinjaValue Compute(Scope scope) => Arithmetic.Sign(item.Evaluate(scope), isMinus);
}
