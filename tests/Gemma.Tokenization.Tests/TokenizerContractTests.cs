using System.Buffers;
using static Gemma.Tests.TokenizerSource;

namespace Gemma.Tokenization.Tests;

public sealed class TokenizerContractTests
{
    private const string Text = "Hello, how  are you?\n\n\tDas Mädchen 你好 😀🤗 isst <b>Äpfel</b>.   \u1F600 ꙊꙊ end";

    public static TheoryData<string> Vocabularies => ["tiny", "gemma1"];

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void EncodeToIds_StringAndSpan_AgreeWithEncode(string kind)
    {
        Microsoft.ML.Tokenizers.Tokenizer tokenizer = Get(kind);
        var ids = Get(kind).Encode(Text, addSpecialTokens: false, recognizeControlTokens: false);
        var inside = $"xx{Text}yy".AsSpan(2, Text.Length);
        Assert.Equal(ids, tokenizer.EncodeToIds(Text));
        Assert.Equal(ids, tokenizer.EncodeToIds(inside));
        Assert.Equal(ids, tokenizer.EncodeToTokens(Text, out _).Select(token => token.Id));
        Assert.Equal(ids.Length, tokenizer.CountTokens(Text));
        Assert.Equal(ids.Length, tokenizer.CountTokens(inside));
        Assert.Equal(Text, tokenizer.Decode(ids));
        Assert.All(tokenizer.EncodeToTokens(inside, out _), token => Assert.Equal(Get(kind).GetPiece(token.Id), token.Value));
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void GetIndexByTokenCount_EveryCount_CutsWhereThePartsEncodeAlike(string kind)
    {
        Microsoft.ML.Tokenizers.Tokenizer tokenizer = Get(kind);
        int[] ids = [.. tokenizer.EncodeToIds(Text)];
        for (var count = 1; count <= ids.Length + 1; count++)
        {
            var index = tokenizer.GetIndexByTokenCount(Text, count, out _, out var taken);
            Assert.InRange(taken, Math.Min(count, ids.Length) - 3, count);
            Assert.Equal(ids[..taken], tokenizer.EncodeToIds(Text[..index]));
            Assert.Equal(ids[..taken], tokenizer.EncodeToIds(Text, count, out _, out var consumed));
            Assert.Equal(index, consumed);

            index = tokenizer.GetIndexByTokenCountFromEnd(Text, count, out _, out taken);
            Assert.InRange(taken, Math.Min(count, ids.Length) - 3, count);
            Assert.Equal(ids[^taken..], tokenizer.EncodeToIds(Text[index..]));
        }
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Decode_SmallDestination_StopsAfterWholeIds(string kind)
    {
        Microsoft.ML.Tokenizers.Tokenizer tokenizer = Get(kind);
        int[] ids = [.. tokenizer.EncodeToIds(Text)];
        for (var size = 0; size <= Text.Length; size++)
        {
            var destination = new char[size];
            var status = tokenizer.Decode(ids, destination, out var consumed, out var written);
            Assert.Equal(size == Text.Length ? OperationStatus.Done : OperationStatus.DestinationTooSmall, status);
            Assert.Equal(tokenizer.Decode(ids[..consumed]), new string(destination, 0, written));
        }
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void TryEncode_SuppliedBuffer_AllocatesNothing(string kind)
    {
        var tokenizer = Get(kind);
        var text = string.Concat(Enumerable.Repeat(Text, 20)) + new string('a', 500);
        var expected = tokenizer.Encode(text, addSpecialTokens: true, recognizeControlTokens: true);
        var ids = new int[expected.Length];
        Assert.True(tokenizer.TryEncode(text, ids, out var written, addSpecialTokens: true, recognizeControlTokens: true));
        Assert.Equal(expected, ids[..written]);
        for (var i = 0; i < 3; i++) tokenizer.TryEncode(text, ids, out _, addSpecialTokens: true, recognizeControlTokens: true);
        var before = GC.GetAllocatedBytesForCurrentThread();
        tokenizer.TryEncode(text, ids, out _, addSpecialTokens: true, recognizeControlTokens: true);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        Assert.False(tokenizer.TryEncode(text, ids.AsSpan(0, 7), out written, addSpecialTokens: true, recognizeControlTokens: true));
        Assert.Equal(expected[..7], ids[..written]);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("😀")]
    [InlineData("ab1")]
    [InlineData("\u2581")]
    public void Encode_WordOf200000Characters_TakesNoQuadraticTime(string piece)
    {
        var tokenizer = Get("gemma1");
        var word = string.Concat(Enumerable.Repeat(piece, 200_000 / piece.Length));
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        var ids = tokenizer.Encode(word, addSpecialTokens: false, recognizeControlTokens: true);

        // A tenth of a second, however busy the machine; a scan for each merge takes some 20,000,000,000 steps.
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10));
        Assert.Equal(word.Replace('\u2581', ' '), tokenizer.Decode(ids, skipSpecialTokens: false));
    }

    [Fact]
    public void Encode_ManyThreads_AgreesWithOne()
    {
        var tokenizer = Get("tiny");
        string[] texts = [.. Cases("goldens-tiny.json").Select(golden => golden.GetProperty("text").GetString()!).Where(text => text.Length < 1000)];
        int[][] expected = [.. texts.Select(text => tokenizer.Encode(text, true, true))];
        Parallel.For(0, texts.Length * 4, i => Assert.Equal(expected[i % texts.Length], tokenizer.Encode(texts[i % texts.Length], true, true)));
    }

    [Fact]
    public void Methods_WrongArguments_AreErrors()
    {
        var tokenizer = Get("tiny");
        Assert.Throws<ArgumentNullException>(() => tokenizer.Encode((string)null!, true, true));
        Assert.Throws<ArgumentNullException>(() => tokenizer.Tokenize(null!));
        Assert.Throws<ArgumentNullException>(() => tokenizer.Decode(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([5, -1], skipSpecialTokens: false));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.CreateDecoder(false).Append(-1));
        Assert.ThrowsAny<ArgumentException>(() => tokenizer.GetIndexByTokenCount("a", 0, out _, out _));
        Assert.Null(tokenizer.GetTokenId(""));
        Assert.Null(tokenizer.GetTokenId(null));
        Assert.Null(tokenizer.GetPiece(1 << 30));
        Assert.Null(tokenizer.GetPiece(-1));
    }
}
