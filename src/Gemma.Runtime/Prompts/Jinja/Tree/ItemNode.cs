using Gemma.Runtime.Prompts.Jinja.Methods;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary><c>x[key]</c>.</summary>
internal sealed class ItemNode(Expression target, Expression key) : Expression(target, key)
{
    protected override JinjaValue Compute(Scope scope) => ValueAccess.Item(scope.Run, target.Evaluate(scope), key.Evaluate(scope));
}
