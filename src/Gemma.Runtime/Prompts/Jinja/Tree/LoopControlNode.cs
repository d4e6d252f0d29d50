namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary><c>break</c> and <c>continue</c>.</summary>
internal sealed class LoopControlNode(Flow flow, int line) : Statement(line)
{
    protected override Flow Run(Scope scope) => flow;
}
