namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>
/// Guesses the next tokens: where did the last tokens occur before, and what followed there? Answers that quote, extract or correct their prompt
/// are guessed well. Source: prompt lookup decoding, transformers' <c>PromptLookupCandidateGenerator</c>.
/// </summary>
internal static class PromptLookup
{
    private const int MinMatch = 3;
    private const int MaxMatch = 16;
    private const int MaxCandidates = 32;

    /// <summary>Fills <paramref name="draft"/> with what followed the longest earlier match of the end of <paramref name="tokens"/>.</summary>
    /// <returns>How many tokens were guessed: all or none.</returns>
    public static int Draft(ReadOnlySpan<int> tokens, Span<int> draft)
    {
        if (tokens.Length <= MinMatch || draft.IsEmpty) return 0;
        var suffix = tokens[^MinMatch..];
        int follower = 0, longest = 0;
        var searched = tokens[..^1];
        for (var candidates = 0; candidates < MaxCandidates && longest < MaxMatch; candidates++)
        {
            var index = searched.LastIndexOf(suffix);
            if (index < 0) break;
            var end = index + MinMatch;
            var length = MatchLength(tokens, end);
            if (length > longest) (follower, longest) = (end, length);
            searched = searched[..(end - 1)];
        }

        if (longest == 0) return 0;

        // A guess that runs into the end repeats itself: the text is in a loop.
        var period = tokens.Length - follower;
        for (var i = 0; i < draft.Length; i++) draft[i] = i < period ? tokens[follower + i] : draft[i - period];
        return draft.Length;
    }

    private static int MatchLength(ReadOnlySpan<int> tokens, int end)
    {
        var length = MinMatch;
        while (length < MaxMatch && length < end && tokens[end - 1 - length] == tokens[^(length + 1)]) length++;
        return length;
    }
}
