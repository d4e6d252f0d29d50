using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary>A value that stands in the template.</summary>
internal sealed class LiteralNode(JinjaValue value) : Expression
{
    public JinjaValue Value => value;

    protected override JinjaValue Compute(Scope scope) => value;
}
