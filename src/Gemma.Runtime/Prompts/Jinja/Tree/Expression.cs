using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary>A node that has a value. Immutable: threads share it.</summary>
internal abstract class Expression
{
    private readonly int _depth;

    protected Expression(params ReadOnlySpan<Expression?> parts)
    {
        foreach (var part in parts) _depth = Math.Max(_depth, part?._depth ?? 0);
        if (++_depth > JinjaLimits.ExpressionDepth)
            throw new JinjaException($"an expression is nested, or chained, more than {JinjaLimits.ExpressionDepth} deep");
    }

    /// <summary>The value.</summary>
    public JinjaValue Evaluate(Scope scope)
    {
        scope.Run.Step();
        return Compute(scope);
    }

    /// <summary>Computes the value.</summary>
    protected abstract JinjaValue Compute(Scope scope);
}
