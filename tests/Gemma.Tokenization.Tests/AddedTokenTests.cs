using Gemma.Tests;
using static Gemma.Tests.TokenizerSource;

namespace Gemma.Tokenization.Tests;

/// <summary>Added tokens that take white space or want a word of their own, as the tokenizers library finds them.</summary>
public sealed class AddedTokenTests
{
    // T stands for the token; what stands before and behind it is what is left of the text.
    [Theory]
    [InlineData("lstrip", "a T b", "a|T| b")]
    [InlineData("lstrip", "a\r \u00A0T", "a|T")]
    [InlineData("lstrip", "a\n\t T", "a|\n|T")]
    [InlineData("lstrip", " T", "T")]
    [InlineData("lstrip", "T T", "T|T")]
    [InlineData("rstrip", "a T b", "a |T|b")]
    [InlineData("rstrip", "T \u3000b", "T|b")]
    [InlineData("rstrip", "T\u001Cb", "T|\u001Cb")]
    [InlineData("rstrip", "T ", "T")]
    [InlineData("rstrip", "T\n\nb", "T|\n\n|b")]
    [InlineData("single_word", "a T b", "a |T| b")]
    [InlineData("single_word", "T", "T")]
    [InlineData("single_word", "(T)", "(|T|)")]
    [InlineData("single_word", "aT", "aT")]
    [InlineData("single_word", "T_", "T_")]
    [InlineData("single_word", "T\u0301", "T\u0301")]
    [InlineData("single_word", "T\u24B6", "T\u24B6")]
    [InlineData("single_word", "TT T", "T|T| |T")]
    [InlineData("single_word", "T\U0001D4B6", "T\U0001D4B6")]
    [InlineData("single_word", "T\u2581", "T|\u2581")]
    public void Encode_TokenWithFlag_LeavesTheRest(string flag, string text, string parts)
    {
        var tokenizer = Load($$"""{"512": {"content": "<NEW>", "{{flag}}": true, "special": true} }""");
        List<int> expected = [];
        foreach (var part in parts.Split('|'))
            expected.AddRange(part == "T" ? [512] : tokenizer.Encode(Text(part), addSpecialTokens: false, recognizeControlTokens: false));
        Assert.Equal(expected, tokenizer.Encode(Text(text), addSpecialTokens: false, recognizeControlTokens: true));

        static string Text(string text) => text.Replace("T", "<NEW>", StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenize_TokenThatTakesSpaces_CoversThem()
    {
        var tokens = Load("""{"512": {"content": "<NEW>", "lstrip": true, "rstrip": true}}""").Tokenize("a  <NEW> b", addSpecialTokens: false);
        Assert.Equal([512], tokens.Ids.Where(id => id >= 512));
        Assert.Equal((1, 9), tokens.Offsets[tokens.Ids.ToList().IndexOf(512)]);
    }

    [Fact]
    public void Encode_NormalizedTokenThatTakesSpaces_LeavesMarks()
    {
        // Spaces are U+2581 by then, which is no white space.
        var tokenizer = Load("""{"512": {"content": "<NEW>", "lstrip": true, "normalized": true}}""");
        Assert.Equal([.. tokenizer.Encode("a ", false, false), 512], tokenizer.Encode("a <NEW>", addSpecialTokens: false, recognizeControlTokens: true));
        Assert.Equal([.. tokenizer.Encode("a", false, false), 512], tokenizer.Encode("a\r<NEW>", addSpecialTokens: false, recognizeControlTokens: true));
    }

    private static GemmaTokenizer Load(string added)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("tokenizer.json"), Read("tiny.tokenizer.json"));
        File.WriteAllText(folder.File("tokenizer_config.json"), $$"""{"added_tokens_decoder": {{added}} }""");
        return GemmaTokenizer.Load(folder.Path);
    }
}
