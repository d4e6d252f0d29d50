using Gemma.Runtime.Prompts.Jinja.Filters;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary><c>x is name</c>.</summary>
internal sealed class TestNode(Expression target, string name, ArgumentNodes arguments) : Expression([target, .. arguments.Parts])
{
    protected override JinjaValue Compute(Scope scope) => BoolValue.From(TestTable.Holds(scope.Run, name, target.Evaluate(scope), arguments.Evaluate(scope)));
}
