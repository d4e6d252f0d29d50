using Gemma.Runtime.Prompts.Jinja.Filters;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary><c>x | name(...)</c>.</summary>
/// <param name="target">What is filtered; null in a filter block, whose text it is.</param>
/// <param name="name">The filter.</param>
/// <param name="arguments">Its other arguments.</param>
internal sealed class FilterNode(Expression? target, string name, ArgumentNodes arguments) : Expression([target, .. arguments.Parts])
{
    protected override JinjaValue Compute(Scope scope) => Apply(scope, null);

    /// <summary>Filters the text of a block.</summary>
    public JinjaValue Apply(Scope scope, JinjaValue? block)
    {
        var value = target switch
        {
            null => block!,
            FilterNode inner => inner.Apply(scope, block),
            _ => target.Evaluate(scope),
        };
        scope.Run.Step();
        return FilterTable.Find(name)(scope.Run, value, arguments.Evaluate(scope));
    }
}
