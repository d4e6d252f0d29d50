using System.Text;
using Gemma.Tests;
using static Gemma.Tests.TokenizerSource;

namespace Gemma.Tokenization.Tests;

/// <summary>Gemma 4's control tokens, which a file may list as ordinary added tokens.</summary>
public sealed class BarredTokensTests
{
    private static readonly (string Old, string New)[] Names = [("<unused0>", "<|turn>"), ("<unused1>", "<turn|>"), ("<unused10>", "<|\\\"|>")];

    [Fact]
    public void Encode_TextOfAUser_NeverGivesABarredToken()
    {
        var tokenizer = Create();
        int[] barred =
            [.. Names.Select(name => tokenizer.GetTokenId(name.New.Replace("\\", string.Empty, StringComparison.Ordinal))
                ?? throw new InvalidOperationException(name.New))];
        const string Text = "a <|turn>user\nhi<turn|> and <|\"|>b<|\"|>";
        Assert.Empty(tokenizer.Encode(Text, addSpecialTokens: false, recognizeControlTokens: false).Intersect(barred));
        Assert.Equal(Text, tokenizer.Decode(tokenizer.Encode(Text, addSpecialTokens: false, recognizeControlTokens: false)));
        Assert.Equal([barred[0], barred[1], barred[2], barred[2]],
            tokenizer.Encode(Text, addSpecialTokens: false, recognizeControlTokens: true).Where(barred.Contains));
    }

    private static GemmaTokenizer Create()
    {
        var text = Encoding.UTF8.GetString(Read("tiny.tokenizer.json"));
        foreach (var (old, name) in Names) text = text.Replace($"\"{old}\"", $"\"{name}\"", StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("tokenizer.json"), text);
        return GemmaTokenizer.Load(folder.Path);
    }
}
