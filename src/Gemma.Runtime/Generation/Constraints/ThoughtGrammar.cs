using Gemma.Runtime.Generation.Constraints.Automata;
using Gemma.Runtime.Prompts.Tools;

namespace Gemma.Runtime.Generation.Constraints;

/// <summary>Lets a model think freely before what a grammar demands.</summary>
internal static class ThoughtGrammar
{
    private const int MaxSpace = 2;

    /// <summary>A rule with a thought before it.</summary>
    public static GrammarRule Before(GrammarBuilder builder, ThoughtMarks? marks, ThoughtPlace place, GrammarRule rule)
    {
        if (marks is null || place == ThoughtPlace.Nowhere) return rule;
        var thought = new TextSearch(builder, mayEnd: false);
        var end = builder.State(isFinal: true);
        var after = thought.Add(ReplyMarks.Bytes(marks.Close));
        thought.Complete(decisive: null);
        for (var i = 0; i <= MaxSpace; i++)
        {
            after.AddCall(rule, end);
            if (i < MaxSpace) after = builder.Byte(after, (byte)'\n');
        }

        if (place == ThoughtPlace.Begun) return new GrammarRule(thought.Start, isContainer: false);
        var start = builder.State();
        start.AddCall(rule, end);
        builder.Literal(start, ReplyMarks.Bytes(marks.Open)).AddEmpty(thought.Start);
        return new GrammarRule(start, isContainer: false);
    }
}
