namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary>
/// A body with a scope of its own: <c>with</c>, <c>generation</c> (which marks text for training only), and <c>block</c>, which sees the outermost variables
/// only.
/// </summary>
internal sealed class ScopeNode((Target Target, Expression Value)[] variables, bool isFromRoot, Statement[] body, int line) : Statement(line)
{
    protected override Flow Run(Scope scope)
    {
        var inner = new Scope(isFromRoot ? scope.Root : scope, scope.Output);
        foreach (var (target, value) in variables) target.Assign(inner, value.Evaluate(scope));
        return Execute(body, inner);
    }
}
