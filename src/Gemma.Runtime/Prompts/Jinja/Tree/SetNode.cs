namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary><c>set x = value</c>.</summary>
internal sealed class SetNode(Target target, Expression value, int line) : Statement(line)
{
    protected override Flow Run(Scope scope)
    {
        target.Assign(scope, value.Evaluate(scope));
        return Flow.Next;
    }
}
