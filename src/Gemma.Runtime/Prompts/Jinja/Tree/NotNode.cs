using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary><c>not x</c>.</summary>
internal sealed class NotNode(Expression item) : Expression(item)
{
    protected override JinjaValue Compute(Scope scope) => BoolValue.From(!item.Evaluate(scope).IsTrue);
}
