using Gemma.Tests;
using static Gemma.Tests.TokenizerSource;

namespace Gemma.Tokenization.Tests;

public sealed class TokenizerConfigTests
{
    [Fact]
    public void Load_NoConfig_HasGemmasDefaults()
    {
        var tokenizer = Load("json", null);
        Assert.Equal((2, 1, 0, 3), (tokenizer.BosTokenId, tokenizer.EosTokenId, tokenizer.PadTokenId, tokenizer.UnknownTokenId));
        Assert.Equal((true, false), (tokenizer.AddBosToken, tokenizer.AddEosToken));
        Assert.Equal((TokenizerSide.Left, TokenizerSide.Right), (tokenizer.PaddingSide, tokenizer.TruncationSide));
        Assert.Equal(512, tokenizer.VocabularySize);
    }

    [Theory]
    [InlineData("json")]
    [InlineData("model")]
    public void Load_Flags_AreFollowed(string format)
    {
        var tokenizer = Load(format,
            """{"add_bos_token": false, "add_eos_token": true, "eos_token": {"content": "<end_of_turn>"}, "padding_side": "right", "truncation_side": "left", "pad_token": null}""");
        var ids = tokenizer.Encode("a", addSpecialTokens: true, recognizeControlTokens: true);
        Assert.Equal(tokenizer.GetTokenId("<end_of_turn>"), ids[^1]);
        Assert.NotEqual(2, ids[0]);
        Assert.Equal((TokenizerSide.Right, TokenizerSide.Left), (tokenizer.PaddingSide, tokenizer.TruncationSide));
        Assert.Null(tokenizer.PadTokenId);
        Assert.Throws<ArgumentException>(() => tokenizer.EncodeBatch(["a"], null, new() { Padding = PaddingStrategy.Longest }));
    }

    [Fact]
    public void Load_ConfigWithMoreTokens_RecognizesAndSkipsThem()
    {
        var tokenizer = Load("json",
            """{"added_tokens_decoder": {"512": {"content": "<REPR_END>", "special": false}}, "additional_special_tokens": ["<extra>"]}""");
        Assert.Equal([512, 513], tokenizer.Encode("<REPR_END><extra>", addSpecialTokens: false, recognizeControlTokens: true));
        Assert.Equal("<REPR_END>", tokenizer.Decode([512, 513], skipSpecialTokens: true));
        Assert.Equal(514, tokenizer.VocabularySize);
        Assert.False(tokenizer.IsControlToken(512));
        Assert.True(tokenizer.IsControlToken(513));
        Assert.DoesNotContain(513, tokenizer.Encode("<REPR_END><extra>", addSpecialTokens: false, recognizeControlTokens: false));
    }

    [Fact]
    public void Load_NormalizedToken_MatchesAfterSpacesBecameMarks()
    {
        var tokenizer = Load("json", """{"added_tokens_decoder": {"512": {"content": "a b", "normalized": true}}}""");
        Assert.Equal([512], tokenizer.Encode("a b", addSpecialTokens: false, recognizeControlTokens: true));
        Assert.Equal([512], tokenizer.Encode("a\u2581b", addSpecialTokens: false, recognizeControlTokens: true));
    }

    [Theory]
    [InlineData("""{"bos_token": "<nowhere>"}""", "bos_token")]
    [InlineData("""{"padding_side": "up"}""", "padding_side")]
    [InlineData("""{"add_bos_token": "yes"}""", "add_bos_token")]
    [InlineData("""{"added_tokens_decoder": {"x": {"content": "a"}}}""", "added_tokens_decoder")]
    [InlineData("""{"added_tokens_decoder": {"900": {"content": "<gap>"}}}""", "no piece has the id")]
    [InlineData("""{"added_tokens_decoder": {"7": {"content": "<other>"}}}""", "id 7")]
    [InlineData("""[]""", "object")]
    [InlineData("""{""", "JSON")]
    public void Load_WrongConfig_IsAnErrorThatNamesTheField(string config, string named)
    {
        var error = Assert.Throws<InvalidModelException>(() => Load("json", config));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EnsureFits_FewerEmbeddingsThanIds_IsAnError()
    {
        var tokenizer = Get("tiny");
        tokenizer.EnsureFits(512);
        tokenizer.EnsureFits(600);
        Assert.Throws<InvalidModelException>(() => tokenizer.EnsureFits(511));
    }

    [Theory]
    [InlineData("json")]
    [InlineData("model")]
    public void EnsureFits_TextModelOfGemma3_LacksOnlyTheImageToken(string format)
    {
        var tokenizer = Get("gemma3", format);
        Assert.Equal(262145, tokenizer.VocabularySize);
        tokenizer.EnsureFits(262144);
        Assert.Throws<InvalidModelException>(() => tokenizer.EnsureFits(262143));
    }

    [Fact]
    public void Load_FolderWithoutTokenizer_IsAnError()
    {
        using var folder = new TemporaryFolder();
        Assert.False(GemmaTokenizer.Exists(folder.Path));
        Assert.Contains("tokenizer.model", Assert.Throws<InvalidModelException>(() => GemmaTokenizer.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    private static GemmaTokenizer Load(string format, string? config)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("tokenizer." + format), Read("tiny.tokenizer." + format));
        if (config is not null) File.WriteAllText(folder.File("tokenizer_config.json"), config);
        return GemmaTokenizer.Load(folder.Path);
    }
}
