using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary><c>set x</c> … <c>endset</c>: the text of a body, filtered or not.</summary>
internal sealed class SetBlockNode(Target target, FilterNode? filter, Statement[] body, int line) : Statement(line)
{
    protected override Flow Run(Scope scope)
    {
        var output = new TextBuilder(scope.Run);
        var flow = Execute(body, new Scope(scope, output));
        var text = output.ToText(scope.Run.AutoEscape);
        target.Assign(scope, filter is null ? text : filter.Apply(scope, text));
        return flow;
    }
}
