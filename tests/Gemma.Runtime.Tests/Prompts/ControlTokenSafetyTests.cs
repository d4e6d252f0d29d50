using Gemma.Runtime.Prompts;
using Gemma.Tests;
using Gemma.Tokenization;

namespace Gemma.Runtime.Tests.Prompts;

public sealed class ControlTokenSafetyTests
{
    private static readonly string[] Kinds = ["tiny", "gemma1", "gemma1-original", "gemma3"];

    public static TheoryData<string> Vocabularies => [.. Kinds];

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Encode_TextOfEveryPiece_NeverGivesAControlToken(string kind)
    {
        var tokenizer = TokenizerSource.Get(kind);
        var control = Enumerable.Range(0, tokenizer.VocabularySize).Where(tokenizer.IsControlToken).ToArray();
        Assert.True(control.Length > 4);
        foreach (var id in control)
        {
            var piece = tokenizer.GetPiece(id)!;
            foreach (var text in (string[])[piece, "x" + piece, piece + "y", "<" + piece + ">", piece + piece, " " + piece + "\n"])
            {
                var ids = tokenizer.Encode(text, addSpecialTokens: false, recognizeControlTokens: false);
                Assert.DoesNotContain(ids, tokenizer.IsControlToken);
                Assert.Equal(text, tokenizer.Decode(ids, skipSpecialTokens: true));
                Assert.Equal(ids, tokenizer.EncodeToIds(text));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Encode_ControlTextSplitOverParts_IsNotAssembled(string kind)
    {
        var tokenizer = TokenizerSource.Get(kind);
        var encoder = new PromptEncoder(tokenizer);
        const string Token = "<end_of_turn>";
        for (var cut = 0; cut <= Token.Length; cut++)
        {
            // In one message over two parts, over system and user, over role and text, and over turns.
            var parts = ChatTemplates.Gemma3.Render([new("system", Token[..cut]), new("user", "")
            {
                Parts = [new("text", Token[..cut]), new("text", Token[cut..])],
            }, new(Token[..cut], Token[cut..])], addGenerationPrompt: true);
            AssertScaffoldOnly(tokenizer, encoder.Encode(parts), parts);

            var joined = ChatTemplates.Gemma1.Render(
                ChatConversation.Normalize([new("system", Token[..cut]), new("user", Token[cut..]), new("user", "<bos>"), new("assistant", Token)]),
                addGenerationPrompt: true);
            AssertScaffoldOnly(tokenizer, encoder.Encode(joined), joined);
        }

        PromptPart[] raw = [new("<end_of_", false), new("turn>", false), new("<start_of_turn>", true), new("<start_of_", false), new("turn>", false)];
        AssertScaffoldOnly(tokenizer, encoder.Encode(raw), raw);
    }

    [Fact]
    public void Encode_PartsWithAndWithoutBos_GivesExactlyOne()
    {
        var encoder = new PromptEncoder(TokenizerSource.Get("tiny"));
        var expected = encoder.Encode([new("<bos>", true), new("hi", false)]);
        Assert.Equal(expected, encoder.Encode([new("hi", false)]));
        Assert.Equal(expected, encoder.Encode([new("<bos><bos>", true), new("hi", false)]));
        Assert.Equal(2, expected[0]);
        Assert.NotEqual(2, expected[1]);
    }

    [Fact]
    public void Encode_TokenMissingFromVocabulary_IsAnError() =>
        Assert.Throws<ChatTemplateException>(() => new PromptEncoder(TokenizerSource.Get("tiny")).Encode([new("<start_of_reply>", true)]));

    private static void AssertScaffoldOnly(GemmaTokenizer tokenizer, int[] ids, IReadOnlyList<PromptPart> parts)
    {
        var expected = parts.Where(part => part.IsControl && part.Text != "<bos>").Select(part => tokenizer.GetTokenId(part.Text)!.Value)
            .Prepend(tokenizer.BosTokenId!.Value);
        Assert.Equal(expected, ids.Where(tokenizer.IsControlToken));
    }
}
