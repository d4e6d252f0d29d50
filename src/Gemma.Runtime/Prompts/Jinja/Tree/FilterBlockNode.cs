using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary><c>filter x</c> … <c>endfilter</c>.</summary>
internal sealed class FilterBlockNode(FilterNode filter, Statement[] body, int line) : Statement(line)
{
    protected override Flow Run(Scope scope)
    {
        var output = new TextBuilder(scope.Run);
        var flow = Execute(body, new Scope(scope, output));
        scope.Output.Append(ValueText.Str(scope.Run, filter.Apply(scope, output.ToText(scope.Run.AutoEscape))));
        return flow;
    }
}
