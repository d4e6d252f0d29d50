using Gemma.Tests;
using static Gemma.Tests.TokenizerSource;

namespace Gemma.Tokenization.Tests;

/// <summary>added_tokens.json and special_tokens_map.json count where tokenizer_config.json has no added_tokens_decoder, as in transformers.</summary>
public sealed class OlderTokenFilesTests
{
    private const string Ids = """{"<|im_start|>": 512, "<|im_end|>": 513}""";

    [Theory]
    [InlineData("json")]
    [InlineData("model")]
    public void Load_AddedTokens_HaveTheirIdsAndAreText(string format)
    {
        var tokenizer = Load(format, ("added_tokens.json", Ids));
        Assert.Equal([512, .. tokenizer.Encode("a", false, false), 513],
            tokenizer.Encode("<|im_start|>a<|im_end|>", addSpecialTokens: false, recognizeControlTokens: true));
        Assert.Equal("a<|im_end|>", tokenizer.Decode([.. tokenizer.Encode("a", false, false), 513], skipSpecialTokens: true));
    }

    [Theory]
    [InlineData("""{"eos_token": "<|im_end|>"}""")]
    [InlineData("""{"additional_special_tokens": ["<|im_end|>"]}""")]
    [InlineData("""{"extra_special_tokens": [{"content": "<|im_end|>", "lstrip": false}]}""")]
    [InlineData("""{"eos_token": {"content": "<|im_end|>", "normalized": false}}""")]
    public void Load_SpecialTokensMap_MakesTokensSpecial(string map)
    {
        var tokenizer = Load("model", ("added_tokens.json", Ids), ("special_tokens_map.json", map));
        Assert.Equal((false, true), (tokenizer.IsSpecialToken(512), tokenizer.IsSpecialToken(513)));
        Assert.Equal("<|im_start|>", tokenizer.Decode([512, 513], skipSpecialTokens: true));
        Assert.Equal(map.Contains("eos_token", StringComparison.Ordinal) ? 513 : 1, tokenizer.EosTokenId);
    }

    [Fact]
    public void Load_SpecialTokensMap_GoesBeforeTheConfigsNamesAndKeepsFlags()
    {
        var tokenizer = Load("json", ("tokenizer_config.json", """{"pad_token": "<unk>"}"""),
            ("special_tokens_map.json", """{"pad_token": {"content": "[PAD]", "rstrip": true}}"""));
        Assert.Equal(512, tokenizer.PadTokenId);
        Assert.Equal([512, .. tokenizer.Encode("a", false, false)], tokenizer.Encode("[PAD] a", addSpecialTokens: false, recognizeControlTokens: true));
    }

    [Fact]
    public void Load_ConfigWithAddedTokens_LeavesTheOlderFilesAlone()
    {
        var tokenizer = Load("json", ("tokenizer_config.json", """{"added_tokens_decoder": {"512": {"content": "<x>"}}}"""), ("added_tokens.json", Ids),
            ("special_tokens_map.json", """{"eos_token": "<x>"}"""));
        Assert.Equal((513, 1, false), (tokenizer.VocabularySize, tokenizer.EosTokenId, tokenizer.IsSpecialToken(512)));
    }

    [Theory]
    [InlineData("added_tokens.json", """{"<x>": "512"}""", "<x>")]
    [InlineData("added_tokens.json", """{"<x>": 700}""", "no piece has the id")]
    [InlineData("added_tokens.json", """{"<bos>": 9}""", "<bos>")]
    [InlineData("special_tokens_map.json", """{"eos_token": 7}""", "eos_token")]
    [InlineData("special_tokens_map.json", """{"additional_special_tokens": [null]}""", "additional_special_tokens")]
    public void Load_WrongFile_IsAnErrorThatNamesTheField(string file, string content, string named) =>
        Assert.Contains(named, Assert.Throws<InvalidModelException>(() => Load("json", (file, content))).Message, StringComparison.Ordinal);

    [Fact]
    public void EnsureFits_AddedTokensWithoutEmbedding_AreFine()
    {
        var tokenizer = Load("json", ("added_tokens.json", Ids));
        tokenizer.EnsureFits(512);
        Assert.Throws<InvalidModelException>(() => tokenizer.EnsureFits(511));
    }

    private static GemmaTokenizer Load(string format, params ReadOnlySpan<(string Name, string Content)> files)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("tokenizer." + format), Read("tiny.tokenizer." + format));
        foreach (var (name, content) in files) File.WriteAllText(folder.File(name), content);
        return GemmaTokenizer.Load(folder.Path);
    }
}
