using Gemma.Runtime.Prompts;
using Gemma.Tests;
using Gemma.Tokenization;

namespace Gemma.Runtime.Tests.Prompts;

/// <summary>A raw prompt in the form of filling in the middle is read as the model knows it, and nothing else in it is.</summary>
public sealed class FillInMiddleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly GemmaTokenizer _tokenizer;

    public FillInMiddleTests()
    {
        // The reserved tokens that CodeGemma gave these names.
        var json = File.ReadAllText(Path.Combine(TinyGemma.Checkpoint, "tokenizer.json"));
        foreach (var (old, name) in (ReadOnlySpan<(string, string)>)[("<unused60>", "<|fim_prefix|>"), ("<unused61>", "<|fim_middle|>"),
            ("<unused62>", "<|fim_suffix|>"),
                ("<unused63>", "<|file_separator|>")]) json = json.Replace(old, name, StringComparison.Ordinal);
        File.WriteAllText(_folder.File("tokenizer.json"), json);
        _tokenizer = GemmaTokenizer.Load(_folder.Path);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EncodeRaw_WholePrompt_IsThatOfPrefixAndSuffix() =>
        Assert.Equal(FillInMiddle.Encode(_tokenizer, "def f(", "):\n    return a"),
            FillInMiddle.EncodeRaw(_tokenizer, "<|fim_prefix|>def f(<|fim_suffix|>):\n    return a<|fim_middle|>"));

    [Theory]
    [InlineData("<|fim_prefix|>def f(<|fim_suffix|>)")]
    [InlineData("def f()<|fim_middle|>")]
    [InlineData("<start_of_turn>user\nHi<end_of_turn>")]
    public void EncodeRaw_OtherPrompt_IsPlainText(string prompt) =>
        Assert.Equal(_tokenizer.Encode(prompt, addSpecialTokens: true, recognizeControlTokens: false), FillInMiddle.EncodeRaw(_tokenizer, prompt));

    [Fact]
    public void EncodeRaw_OtherControlTokensInside_StayText()
    {
        var ids = FillInMiddle.EncodeRaw(_tokenizer, "<|fim_prefix|><start_of_turn>a<|fim_suffix|><|file_separator|><|fim_middle|>", addSpecialTokens: false);
        Assert.Equal(["<|fim_prefix|>", "<|fim_suffix|>", "<|file_separator|>", "<|fim_middle|>"],
            ids.Where(_tokenizer.IsControlToken).Select(_tokenizer.GetPiece));
        Assert.Contains("<start_of_turn>a", _tokenizer.Decode(ids, skipSpecialTokens: true), StringComparison.Ordinal);
    }
}
