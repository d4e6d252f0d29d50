using Gemma.Runtime.Generation;
using Gemma.Server.OpenAI;
using Gemma.Tests;
using Gemma.Tokenization;

namespace Gemma.Server.Tests;

/// <summary>Tokens are told with the content that they became.</summary>
public sealed class AnswerTokensTests
{
    private readonly GemmaTokenizer _tokenizer = GemmaTokenizer.Load(Path.Combine(SharedData.RepositoryRoot, "samples", "models", "tiny-gemma-it"));

    [Fact]
    public void Write_AfterWhatBecameNoContent_TellsTheContentsTokens()
    {
        var tokens = new AnswerTokens(() => _tokenizer);
        Add(tokens, "thought\n\n");
        Add(tokens, "How can I help you?");
        Assert.Equal("How can I help you?", Joined(tokens.Write("How can I help you?")));
        Assert.Empty(tokens.End());
    }

    [Fact]
    public void Write_TextThatIsHeldBack_KeepsItsTokensUntilItComes()
    {
        var tokens = new AnswerTokens(() => _tokenizer);
        Add(tokens, "How can I help you?");
        Assert.Equal("How can I", Joined(tokens.Write("How can I he")));
        Assert.Equal(" help you?", Joined(tokens.Write("lp you?")));
        Assert.Empty(tokens.End());
    }

    [Fact]
    public void End_TextThatAStopTextCut_TellsTheRestOfIt()
    {
        var tokens = new AnswerTokens(() => _tokenizer);
        Add(tokens, "How can I help you?");
        tokens.Write("How can I he");
        Assert.Equal(" he", Joined(tokens.End()));
        Assert.Equal("How can I he", Joined(tokens.Told));
    }

    private void Add(AnswerTokens tokens, string text)
    {
        foreach (var id in _tokenizer.Encode(text, addSpecialTokens: false, recognizeControlTokens: false)) tokens.Add(new TokenChoice(id, 0, []));
    }

    // The tokens are ASCII: a byte is a character.
    private string Joined(IEnumerable<SpelledToken> tokens) =>
        string.Concat(tokens.Select(token => string.Concat(TokenJson.Text(_tokenizer, token.Token.Id).Take(token.Bytes))));
}
