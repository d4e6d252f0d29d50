namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary>A node that does something. Immutable: threads share it.</summary>
/// <param name="line">Its line, for messages.</param>
internal abstract class Statement(int line)
{
    /// <summary>Does it.</summary>
    public Flow Execute(Scope scope)
    {
        scope.Run.Line = line;
        scope.Run.Step();
        return Run(scope);
    }

    /// <summary>Does several, up to one that leaves a loop.</summary>
    public static Flow Execute(Statement[] statements, Scope scope)
    {
        foreach (var statement in statements)
        {
            if (statement.Execute(scope) is var flow and not Flow.Next) return flow;
        }

        return Flow.Next;
    }

    protected abstract Flow Run(Scope scope);
}
