using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary>Comparisons, chained as in Python: each holds between neighbours.</summary>
internal sealed class CompareNode(Expression first, (string Symbol, Expression Right)[] rest) : Expression([first, .. rest.Select(item => item.Right)])
{
    protected override JinjaValue Compute(Scope scope)
    {
        var left = first.Evaluate(scope);
        foreach (var (symbol, next) in rest)
        {
            var right = next.Evaluate(scope);
            if (!Holds(scope.Run, symbol, left, right)) return BoolValue.False;
            left = right;
        }

        return BoolValue.True;
    }

    private static bool Holds(RenderRun run, string symbol, JinjaValue left, JinjaValue right) => symbol switch
    {
        "==" => ValueComparison.AreEqual(run, left, right),
        "!=" => !ValueComparison.AreEqual(run, left, right),
        "in" => ValueComparison.Contains(run, right, left),
        "not in" => !ValueComparison.Contains(run, right, left),
        "<" => ValueComparison.Order(run, left, right, symbol) < 0,
        "<=" => ValueComparison.Order(run, left, right, symbol) <= 0,
        ">" => ValueComparison.Order(run, left, right, symbol) > 0,
        _ => ValueComparison.Order(run, left, right, symbol) >= 0,
    };
}
