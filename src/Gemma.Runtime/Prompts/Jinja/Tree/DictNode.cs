using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary>A dictionary; keys and values take turns.</summary>
internal sealed class DictNode(Expression[] items) : Expression(items)
{
    protected override JinjaValue Compute(Scope scope)
    {
        var dict = new DictValue();
        scope.Run.ChargeList(items.Length * 4L);
        for (var i = 0; i < items.Length; i += 2)
        {
            var key = items[i].Evaluate(scope);
            if (key is TextValue text) scope.Run.Flat(text);
            dict.Set(key, items[i + 1].Evaluate(scope));
        }

        return dict;
    }
}
