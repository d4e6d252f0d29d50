using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary>Text between tags.</summary>
internal sealed class TextNode(TextValue text, int line) : Statement(line)
{
    protected override Flow Run(Scope scope)
    {
        scope.Output.Append(text);
        return Flow.Next;
    }
}
