using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary><c>{{ x }}</c>.</summary>
internal sealed class PrintNode(Expression value, int line) : Statement(line)
{
    protected override Flow Run(Scope scope)
    {
        var text = ValueText.Str(scope.Run, value.Evaluate(scope));
        scope.Output.Append(scope.Run.AutoEscape ? Markup.Escape(scope.Run, text) : text);
        return Flow.Next;
    }
}
