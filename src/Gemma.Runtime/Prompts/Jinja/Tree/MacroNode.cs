namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary>Defines a macro.</summary>
internal sealed class MacroNode(MacroBody macro, int line) : Statement(line)
{
    protected override Flow Run(Scope scope)
    {
        scope.Set(macro.Name, new MacroValue(macro, scope));
        return Flow.Next;
    }
}
