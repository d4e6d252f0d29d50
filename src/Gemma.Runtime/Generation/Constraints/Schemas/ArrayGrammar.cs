using Gemma.Runtime.Generation.Constraints.Automata;
using Gemma.Runtime.Generation.Constraints.Characters;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>Rules for arrays.</summary>
internal sealed class ArrayGrammar(JsonGrammar json)
{
    private readonly GrammarBuilder _builder = json.Builder;

    /// <summary>An array.</summary>
    /// <param name="first">The first items' rules, one by one.</param>
    /// <param name="items">The rules that another item may follow; none if there are no others.</param>
    /// <param name="minimum">The fewest items.</param>
    /// <param name="maximum">The most items.</param>
    public GrammarRule Rule(IReadOnlyList<GrammarRule> first, IReadOnlyList<GrammarRule> items, int minimum, int maximum)
    {
        var start = _builder.State();
        var state = json.Space(_builder.Byte(start, (byte)'['));
        var close = _builder.State();
        json.Space(close).AddByte((byte)']', (byte)']', _builder.State(isFinal: true));
        if (items.Count == 0) maximum = Math.Min(maximum, first.Count);

        // Up to here items are counted.
        var unrolled = maximum == ICharacterAutomaton.Unlimited ? Math.Max(Math.Max(minimum, first.Count), 1) : maximum;
        for (var i = 0; ; i++)
        {
            if (i >= minimum) state.AddEmpty(close);
            if (i == maximum) break;
            var next = i == 0 ? state : json.Comma(state);
            if (i == unrolled)
            {
                foreach (var item in items) next.AddCall(item, state);
                break;
            }

            state = _builder.State();
            if (i < first.Count) next.AddCall(first[i], state);
            foreach (var item in i < first.Count ? [] : items) next.AddCall(item, state);
        }

        return new GrammarRule(start, isContainer: true);
    }
}
