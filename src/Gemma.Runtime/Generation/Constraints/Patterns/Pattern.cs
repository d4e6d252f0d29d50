using Gemma.Runtime.Generation.Constraints.Characters;
using Gemma.Runtime.Generation.Constraints.Compilation;

namespace Gemma.Runtime.Generation.Constraints.Patterns;

/// <summary>Compiles the regular expressions of a schema's <c>pattern</c>.</summary>
internal static class Pattern
{
    /// <summary>Texts in which the expression is found, whichever dialect looks for it.</summary>
    /// <exception cref="GemmaSchemaException">The expression is none, is not supported, or is too large.</exception>
    public static Dfa Found(string pattern, CompilationBudget budget)
    {
        var (aheads, rest) = Split(PatternParser.Parse(NetPatterns.Narrow(pattern), isPerhaps: false));
        var result = PatternNfa.Determinize(rest, isPerhaps: false, budget);
        for (var i = 0; i < aheads.Count; i++)
        {
            var ahead = aheads[i].IsNegative
                ? DfaBuilder.Complement(PatternNfa.Determinize(Anchored(Split(PatternParser.Parse(pattern, isPerhaps: true)).Aheads[i].Part), isPerhaps: true,
                    budget), budget)
                : PatternNfa.Determinize(Anchored(aheads[i].Part), isPerhaps: false, budget);
            result = DfaBuilder.Intersect(result, ahead, budget);
        }

        return result;
    }

    /// <summary>Texts in which the expression is not found, whichever dialect looks for it.</summary>
    /// <exception cref="GemmaSchemaException">The expression is none, is not supported, or is too large.</exception>
    public static Dfa NotFound(string pattern, CompilationBudget budget) =>
        DfaBuilder.Complement(PatternNfa.Determinize(PatternParser.Parse(pattern, isPerhaps: true), isPerhaps: true, budget), budget);

    // What stands between ^ and the rest looks at the same text, so the languages intersect.
    private static (List<PatternNode.LookAhead> Aheads, PatternNode Remainder) Split(PatternNode node)
    {
        if (node is not PatternNode.Sequence sequence || sequence.Parts.Count == 0 || sequence.Parts[0] is not PatternNode.Start) return ([], node);
        List<PatternNode.LookAhead> aheads = [.. sequence.Parts.Skip(1).TakeWhile(part => part is PatternNode.LookAhead).Cast<PatternNode.LookAhead>()];
        return (aheads, new PatternNode.Sequence([sequence.Parts[0], .. sequence.Parts.Skip(1 + aheads.Count)]));
    }

    private static PatternNode.Sequence Anchored(PatternNode node) => new([new PatternNode.Start(), node]);
}
