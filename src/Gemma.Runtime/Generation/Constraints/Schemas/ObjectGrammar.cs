using Gemma.Runtime.Generation.Constraints.Automata;
using Gemma.Runtime.Generation.Constraints.Characters;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>Rules for objects: declared properties in their order, then others, within a number of properties.</summary>
/// <param name="json">What every grammar shares.</param>
/// <param name="brackets">How the objects are written.</param>
internal sealed class ObjectGrammar(JsonGrammar json, ObjectBrackets brackets)
{
    private readonly GrammarBuilder _builder = json.Builder;

    /// <summary>An object.</summary>
    /// <param name="members">The declared properties.</param>
    /// <param name="others">The names of other properties, which must be distinct, and their values.</param>
    /// <param name="minimum">The fewest properties.</param>
    /// <param name="maximum">The most properties.</param>
    public GrammarRule Rule(IReadOnlyList<ObjectMember> members, IReadOnlyList<(GrammarRule Name, GrammarRule Value)> others, int minimum, int maximum)
    {
        var start = _builder.State();
        AddMembers(start, members, others, minimum, maximum);
        return new GrammarRule(start, isContainer: true);
    }

    /// <summary>Adds an object to the first state of its rule.</summary>
    public void AddMembers(GrammarState start, IReadOnlyList<ObjectMember> members, IReadOnlyList<(GrammarRule Name, GrammarRule Value)> others, int minimum,
        int maximum)
    {
        if (others.Count == 0 && maximum >= members.Count) maximum = ICharacterAutomaton.Unlimited;
        minimum = Math.Max(minimum, members.Count(member => member.IsRequired));

        // One row of states per number of properties so far; in the last row it no longer matters how many there are.
        var rows = maximum == ICharacterAutomaton.Unlimited ? Math.Max(1, minimum) : maximum;
        if (minimum <= members.Count(member => member.IsRequired) && maximum == ICharacterAutomaton.Unlimited) rows = 1;
        var row = new GrammarState?[rows + 1];
        row[0] = json.Space(_builder.Byte(start, (byte)brackets.Open));
        foreach (var member in members) row = Add(row, member, maximum);

        var end = _builder.State(isFinal: true);
        for (var count = 0; count <= rows; count++)
        {
            if (row[count] is not { } state) continue;
            if (count >= minimum || (count == rows && rows < minimum))
                (count == 0 ? state : json.Space(state)).AddByte((byte)brackets.Close, (byte)brackets.Close, end);
            if (count >= maximum) continue;
            if (others.Count == 0) continue;
            var next = count == rows ? row[count]! : row[count + 1] ??= _builder.State();
            var key = count == 0 ? state : json.Comma(state);
            foreach (var (name, value) in others) json.Colon(_builder.Call(key, name), brackets).AddCall(value, next);
        }
    }

    private GrammarState?[] Add(GrammarState?[] row, ObjectMember member, int maximum)
    {
        var next = new GrammarState?[row.Length];
        if (!member.IsRequired) row.CopyTo(next, 0);
        if (row.Length == 2 && maximum > 1)
        {
            // Where properties are not counted, the first one and a later one share their states.
            var key = _builder.State();
            row[0]?.AddEmpty(key);
            if (row[1] is { } filled) json.Comma(filled).AddEmpty(key);
            Join(next, 1, Pair(key, member));
            return next;
        }

        for (var count = 0; count < row.Length && count < maximum; count++)
            if (row[count] is { } state) Join(next, Math.Min(count + 1, row.Length - 1), Pair(count == 0 ? state : json.Comma(state), member));
        return next;
    }

    private GrammarState Pair(GrammarState key, ObjectMember member) => _builder.Call(json.Colon(_builder.Literal(key, member.Name), brackets), member.Value);

    private void Join(GrammarState?[] row, int count, GrammarState state)
    {
        if (row[count] is { } other)
        {
            // Whoever leaves the property out comes here as well.
            var both = _builder.State();
            other.AddEmpty(both);
            state.AddEmpty(both);
            row[count] = both;
        }
        else
        {
            row[count] = state;
        }
    }
}
