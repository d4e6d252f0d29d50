namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary><c>if</c>, <c>elif</c> and <c>else</c>, whose condition is null. No scope of its own.</summary>
internal sealed class IfNode((Expression? Condition, Statement[] Body)[] branches, int line) : Statement(line)
{
    protected override Flow Run(Scope scope)
    {
        foreach (var (condition, body) in branches)
        {
            if (condition is null || condition.Evaluate(scope).IsTrue) return Execute(body, scope);
        }

        return Flow.Next;
    }
}
