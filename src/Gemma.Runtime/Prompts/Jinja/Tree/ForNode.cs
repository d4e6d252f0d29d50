using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary>A loop.</summary>
/// <param name="target">What each item is assigned to.</param>
/// <param name="items">The items.</param>
/// <param name="condition">Which of them count, or null; it comes first, so that <c>loop</c> counts what is left.</param>
/// <param name="isRecursive">Whether <c>loop(items)</c> renders the body again.</param>
/// <param name="body">The body.</param>
/// <param name="otherwise">What is rendered if no turn was completed.</param>
/// <param name="line">The line.</param>
internal sealed class ForNode(Target target, Expression items, Expression? condition, bool isRecursive, Statement[] body, Statement[] otherwise, int line)
    : Statement(line)
{
    protected override Flow Run(Scope scope)
    {
        Turns(scope, items.Evaluate(scope), 0);
        return Flow.Next;
    }

    private void Turns(Scope scope, JinjaValue value, int depth)
    {
        var run = scope.Run;
        var list = ValueItems.List(run, value);
        if (condition is not null) list = ValueItems.Collect(run, list.Where(item => Counts(scope, item)));
        var loop = new LoopValue(list, depth, isRecursive ? (_, others, level) => Again(scope, others, level) : null);
        var isCompleted = false;
        var inner = new Scope(scope);
        for (; loop.Position < list.Count; loop.Position++)
        {
            run.Step(4);
            inner = inner.Next();
            inner.Set("loop", loop);
            target.Assign(inner, list[loop.Position]);
            run.EnterItem(list[loop.Position]);
            var flow = Execute(body, inner);
            run.LeaveItem();
            if (flow == Flow.Break) break;
            isCompleted |= flow == Flow.Next;
        }

        if (!isCompleted) Execute(otherwise, new Scope(scope));
    }

    private bool Counts(Scope scope, JinjaValue item)
    {
        var inner = new Scope(scope);
        target.Assign(inner, item);
        return condition!.Evaluate(inner).IsTrue;
    }

    private TextValue Again(Scope scope, JinjaValue others, int depth)
    {
        scope.Run.Enter();
        var output = new TextBuilder(scope.Run);
        Turns(new Scope(scope, output), others, depth);
        scope.Run.Leave();
        return output.ToText();
    }
}
