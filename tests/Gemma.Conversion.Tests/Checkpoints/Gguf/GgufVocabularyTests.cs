using Gemma.Conversion.Checkpoints.Gguf;
using Gemma.Tokenization;
using Gemma.Tokenization.Files;

namespace Gemma.Conversion.Tests.Checkpoints.Gguf;

/// <summary>Vocabularies whose types or scores say less than they should are read by what tokens are called.</summary>
public sealed class GgufVocabularyTests
{
    private const int Normal = 1;
    private const int UserDefined = 4;
    private const int UserDefinedId = 21;
    private const int Unused = 5;
    private const string Text = "a<b>x</b>\n\n<table>  ▁▁▁\t\t<unused0><end_of_turn> the rest";

    public static TheoryData<string> Losses => ["no types", "all normal", "one user-defined", "scores of the tokenizer.model"];

    [Theory]
    [MemberData(nameof(Losses))]
    public void Load_LostTypes_GiveTheSameIds(string loss)
    {
        var whole = Read();
        var types = whole.Types!.Select(type => type == UserDefined ? Normal : type).ToArray();
        var lossy = loss switch
        {
            "no types" => whole with { Types = null },
            "all normal" => whole with { Types = [.. whole.Types!.Select(_ => Normal)] },
            "one user-defined" => whole with { Types = [.. types.Select((type, id) => id == UserDefinedId ? UserDefined : type)] },
            _ => whole with { Types = types, Scores = [.. whole.Scores!.Select(score => score == -1000 ? 0 : score)] },
        };
        Assert.Equal(Ids(whole), Ids(lossy));
    }

    [Fact]
    public void Load_EmptyToken_IsRefusedByItsId()
    {
        var whole = Read();
        byte[][] tokens = [.. whole.Tokens];
        tokens[300] = [];
        foreach (var types in (IReadOnlyList<int>?[])[null, [.. whole.Types!.Select(_ => Normal)]])
        {
            var lossy = whole with { Tokens = tokens, Types = types, Scores = new float[tokens.Length] };
            var error = Assert.Throws<InvalidModelException>(() => GemmaTokenizer.Load(lossy));
            Assert.Contains("tokens: piece 300 is empty", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Load_UnusedTokens_AreNeverGivenAndGiveNothing()
    {
        // Pieces of the text, one of them a single character, and rows behind the vocabulary.
        const string Words = "the rest";
        var whole = Read();
        int[] unused = [Find(whole, "\u2581the"), Find(whole, "t"), Find(whole, "re")];
        var types = whole.Types!.ToArray();
        foreach (var id in unused) types[id] = Unused;
        var folder = Directory.CreateTempSubdirectory("gguf-unused-").FullName;
        try
        {
            var tokenizer = GemmaTokenizer.Load(whole with
            {
                Tokens = [.. whole.Tokens, "[PAD512]"u8.ToArray()],
                Types = [.. types, Unused],
                Scores = [.. whole.Scores!, 0],
            })!;
            tokenizer.Save(folder);
            foreach (var loaded in (GemmaTokenizer[])[tokenizer, GemmaTokenizer.Load(folder)])
            {
                var ids = loaded.Encode(Words, addSpecialTokens: false, recognizeControlTokens: false);
                Assert.DoesNotContain(ids, id => unused.Contains(id));
                Assert.Equal(Words, loaded.Decode([.. ids, .. unused, 512], skipSpecialTokens: false));
                Assert.Equal(whole.Tokens.Count, loaded.VocabularySize);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Find(GgufVocabulary vocabulary, string piece) =>
        vocabulary.Tokens.Index().First(token => token.Item.AsSpan().SequenceEqual(System.Text.Encoding.UTF8.GetBytes(piece))).Index;

    private static IReadOnlyList<int> Ids(GgufVocabulary vocabulary) =>
        GemmaTokenizer.Load(vocabulary)!.Encode(Text, addSpecialTokens: true, recognizeControlTokens: true);

    private static GgufVocabulary Read()
    {
        using var file = GgufFile.Open(Path.Combine(GgufGoldens.Root, "tokenizers", "tiny.gguf"));
        return GgufTokenizer.ReadVocabulary(file.Metadata)!;
    }
}
