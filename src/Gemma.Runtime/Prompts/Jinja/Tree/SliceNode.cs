using Gemma.Runtime.Prompts.Jinja.Methods;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary><c>x[start:stop:step]</c>.</summary>
internal sealed class SliceNode(Expression target, Expression? start, Expression? stop, Expression? step) : Expression(target, start, stop, step)
{
    protected override JinjaValue Compute(Scope scope)
    {
        var value = target.Evaluate(scope);

        // As in Jinja, whose optimizer asks a constant for the item.
        if (target is LiteralNode && value is not TextValue) return new UndefinedValue($"'{value.TypeName}' has no slices");
        return ValueAccess.Slice(scope.Run, value, start?.Evaluate(scope), stop?.Evaluate(scope), step?.Evaluate(scope));
    }
}
