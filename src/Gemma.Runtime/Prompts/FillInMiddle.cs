using Gemma.Tokenization;

namespace Gemma.Runtime.Prompts;

/// <summary>
/// Prompts for what stands between two texts, as CodeGemma was trained:
/// <c>&lt;bos&gt;&lt;|fim_prefix|&gt;prefix&lt;|fim_suffix|&gt;suffix&lt;|fim_middle|&gt;</c>.
/// </summary>
public static class FillInMiddle
{
    private const string Prefix = "<|fim_prefix|>";
    private const string Suffix = "<|fim_suffix|>";
    private const string Middle = "<|fim_middle|>";
    private const string FileSeparator = "<|file_separator|>";

    private static readonly string[] Tokens = [FileSeparator, Prefix, Suffix, Middle];

    /// <summary>The ids of a prompt. Control tokens in the texts stay text.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="prefix">What stands before the gap.</param>
    /// <param name="suffix">What stands behind it.</param>
    /// <exception cref="NotSupportedException">The tokenizer lacks one of the tokens.</exception>
    public static int[] Encode(GemmaTokenizer tokenizer, string prefix, string suffix)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentNullException.ThrowIfNull(suffix);
        int[] begin = tokenizer.BosTokenId is { } bos ? [bos] : [];
        return [.. begin, Id(tokenizer, Prefix), .. Text(tokenizer, prefix), Id(tokenizer, Suffix), .. Text(tokenizer, suffix), Id(tokenizer, Middle)];
    }

    /// <summary>The tokens with which the model says that the gap is filled, besides the end of the text.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    public static IReadOnlyList<int> StopTokenIds(GemmaTokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return [.. Tokens.Select(tokenizer.GetTokenId).OfType<int>()];
    }

    /// <summary>The ids of a raw prompt, in which control tokens stay text, but for those of a prompt in this form.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="addSpecialTokens">Whether to add the tokens that texts begin and end with.</param>
    internal static int[] EncodeRaw(GemmaTokenizer tokenizer, string prompt, bool addSpecialTokens = true)
    {
        if (!IsPrompt(tokenizer, prompt)) return tokenizer.Encode(prompt, addSpecialTokens, recognizeControlTokens: false);
        List<int> ids = addSpecialTokens && tokenizer is { AddBosToken: true, BosTokenId: { } bos } ? [bos] : [];
        for (var at = 0; at < prompt.Length;)
        {
            var (start, token) = Next(prompt, at);
            ids.AddRange(Text(tokenizer, prompt[at..start]));
            ids.Add(Id(tokenizer, token));
            at = start + token.Length;
        }

        return [.. ids];
    }

    /// <summary>
    /// Whether a raw prompt is one in this form, as editors write them: it ends with <c>&lt;|fim_middle|&gt;</c>. No turn can be forged with the tokens of this
    /// form.
    /// </summary>
    internal static bool IsPrompt(GemmaTokenizer tokenizer, string prompt) =>
        prompt.EndsWith(Middle, StringComparison.Ordinal)
            && prompt.Contains(Prefix, StringComparison.Ordinal)
            && Tokens.All(token => tokenizer.GetTokenId(token) is not null || !prompt.Contains(token, StringComparison.Ordinal));

    private static (int Start, string Token) Next(string prompt, int from) =>
        Tokens.Select(token => (Start: prompt.IndexOf(token, from, StringComparison.Ordinal), Token: token)).Where(found => found.Start >= 0)
            .MinBy(found => found.Start);

    private static int[] Text(GemmaTokenizer tokenizer, string text) => tokenizer.Encode(text, addSpecialTokens: false, recognizeControlTokens: false);

    private static int Id(GemmaTokenizer tokenizer, string token) =>
        tokenizer.GetTokenId(token)
            ?? throw new NotSupportedException($"The model cannot fill in the middle: its tokenizer has no '{token}'. CodeGemma's has.");
}
