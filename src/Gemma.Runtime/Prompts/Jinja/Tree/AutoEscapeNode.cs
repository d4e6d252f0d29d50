namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary><c>autoescape</c>.</summary>
internal sealed class AutoEscapeNode(Expression value, Statement[] body, int line) : Statement(line)
{
    protected override Flow Run(Scope scope)
    {
        var outer = scope.Run.AutoEscape;
        scope.Run.AutoEscape = value.Evaluate(scope).IsTrue;
        var flow = Execute(body, new Scope(scope));
        scope.Run.AutoEscape = outer;
        return flow;
    }
}
