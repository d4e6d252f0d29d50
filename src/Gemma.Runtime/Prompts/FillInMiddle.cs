using Gemma.Tokenization;

namespace Gemma.Runtime.Prompts;

/// <summary>Prompts for what stands between two texts, as CodeGemma was trained: <c>&lt;bos&gt;&lt;|fim_prefix|&gt;prefix&lt;|fim_suffix|&gt;suffix&lt;|fim_middle|&gt;</c>.</summary>
public static class FillInMiddle
{
    private const string Prefix = "<|fim_prefix|>";
    private const string Suffix = "<|fim_suffix|>";
    private const string Middle = "<|fim_middle|>";
    private const string FileSeparator = "<|file_separator|>";

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
        return [.. new[] { FileSeparator, Prefix, Suffix, Middle }.Select(tokenizer.GetTokenId).OfType<int>()];
    }

    private static int[] Text(GemmaTokenizer tokenizer, string text) => tokenizer.Encode(text, addSpecialTokens: false, recognizeControlTokens: false);

    private static int Id(GemmaTokenizer tokenizer, string token) => tokenizer.GetTokenId(token) ?? throw new NotSupportedException($"The model cannot fill in the middle: its tokenizer has no '{token}'. CodeGemma's has.");
}
