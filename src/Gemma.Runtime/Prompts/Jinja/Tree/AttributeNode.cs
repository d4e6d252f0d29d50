using Gemma.Runtime.Prompts.Jinja.Methods;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary><c>x.name</c>.</summary>
internal sealed class AttributeNode(Expression target, string name) : Expression(target)
{
    protected override JinjaValue Compute(Scope scope) => ValueAccess.Attribute(scope.Run, target.Evaluate(scope), name);
}
