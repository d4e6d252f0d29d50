using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary><c>call macro()</c> … <c>endcall</c>.</summary>
internal sealed class CallBlockNode(CallNode call, MacroBody body, int line) : Statement(line)
{
    protected override Flow Run(Scope scope)
    {
        scope.Output.Append(ValueText.Str(scope.Run, call.Call(scope, new MacroValue(body, scope))));
        return Flow.Next;
    }
}
