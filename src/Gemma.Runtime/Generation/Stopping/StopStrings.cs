using Gemma.Tokenization;


namespace Gemma.Runtime.Generation.Stopping;

/// <summary>Finds stop strings in whole sequences: for beams, whose texts do not only grow.</summary>
/// <param name="texts">The stop strings.</param>
/// <param name="tokenizer">Makes text of tokens, control tokens included.</param>
internal sealed class StopStrings(IReadOnlyList<string> texts, GemmaTokenizer tokenizer)
{
    /// <summary>Whether new tokens hold a stop string.</summary>
    public bool IsIn(ReadOnlySpan<int> tokens)
    {
        var text = tokenizer.Decode(tokens, skipSpecialTokens: false);
        return texts.Any(stop => text.Contains(stop, StringComparison.Ordinal));
    }
}
