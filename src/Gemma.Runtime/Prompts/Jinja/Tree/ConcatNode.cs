using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary><c>a ~ b ~ c</c>.</summary>
internal sealed class ConcatNode(Expression[] items) : Expression(items)
{
    protected override JinjaValue Compute(Scope scope)
    {
        var text = TextValue.Empty;
        foreach (var item in items)
        {
            scope.Run.Charge(40);
            text = TextValue.Concat(text, ValueText.Str(scope.Run, item.Evaluate(scope)), isMarkup: false);
        }

        return text;
    }
}
