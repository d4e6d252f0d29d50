using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using static Gemma.Tests.TokenizerSource;

namespace Gemma.Tokenization.Tests;

public sealed class GoldenTests
{
    public static TheoryData<string, string> Vocabularies => new()
    {
        { "tiny", "json" }, { "tiny", "model" }, { "gemma1", "json" }, { "gemma1", "model" }, { "gemma3", "json" }, { "gemma3", "model" },
    };

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Tokenize_GoldenTexts_GivesTransformersTokens(string kind, string format)
    {
        var tokenizer = Get(kind, format);
        List<string> differences = [];
        var count = 0;
        foreach (var golden in Cases($"goldens-{kind}.json"))
        {
            count++;
            var text = golden.GetProperty("text").GetString()!;
            var pair = golden.TryGetProperty("text_pair", out var second) ? second.GetString() : null;
            var special = golden.GetProperty("add_special_tokens").GetBoolean();
            var actual = tokenizer.Tokenize(text, pair, special);
            var where = $"{golden.GetProperty("group")} {JsonSerializer.Serialize(Shorten(text))}";
            Compare(differences, $"{where} ids", Ids(golden.GetProperty("ids")), actual.Ids);
            Compare(differences, $"{where} pieces", golden.GetProperty("pieces").EnumerateArray().Select(piece => piece.GetString()!), actual.Pieces);
            var offsets = golden.TryGetProperty("offsets_utf16", out var utf16) ? utf16 : golden.GetProperty("offsets");
            if (pair is null || !HasSupplementary(text + pair))
            {
                Compare(differences, $"{where} offsets", offsets.EnumerateArray().Select(offset => (offset[0].GetInt32(), offset[1].GetInt32())),
                    actual.Offsets);
            }
            if (pair is null)
            {
                Compare(differences, $"{where} Encode", actual.Ids, tokenizer.Encode(text, special, recognizeControlTokens: true));
            }
            else
            {
                Compare(differences, $"{where} types", Ids(golden.GetProperty("type_ids")), actual.TypeIds);
                Compare(differences, $"{where} mask", Ids(golden.GetProperty("special_tokens_mask")), actual.SpecialTokensMask);
            }
        }

        AssertNone(differences, count);
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Decode_GoldenIds_GivesTransformersText(string kind, string format)
    {
        var tokenizer = Get(kind, format);
        List<string> differences = [];
        var count = 0;
        foreach (var golden in Cases($"goldens-{kind}.json").Concat(Cases($"goldens-decode-{kind}.json")))
        {
            // Ids above 2^31 have no piece either.
            int[] ids = [.. golden.GetProperty("ids").EnumerateArray().Select(id => (int)Math.Min(id.GetInt64(), int.MaxValue))];
            var where = $"{golden.GetProperty("group")} [{string.Join(' ', ids.Take(20))}]";
            Compare(differences, where, golden.GetProperty("decoded").GetString()!, tokenizer.Decode(ids, skipSpecialTokens: false));
            Compare(differences, $"{where} skip", golden.GetProperty("decoded_skip_special").GetString()!, tokenizer.Decode(ids, skipSpecialTokens: true));
            count++;
        }

        AssertNone(differences, count);
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Decode_EveryId_HashesToTheGolden(string kind, string format)
    {
        var tokenizer = Get(kind, format);
        var golden = Goldens($"goldens-decode-{kind}.json").GetProperty("every_id");
        Assert.Equal(golden.GetProperty("count").GetInt32(), tokenizer.VocabularySize);
        foreach (var (skip, key) in new[] { (false, "sha256"), (true, "sha256_skip_special") })
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (var id = 0; id < tokenizer.VocabularySize; id++) hash.AppendData(Encoding.UTF8.GetBytes(tokenizer.Decode([id], skip) + "\n"));
            Assert.Equal(golden.GetProperty(key).GetString(), Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Append_GoldenStreams_GivesTheTextOfEachToken(string kind, string format)
    {
        var tokenizer = Get(kind, format);
        List<string> differences = [];
        var count = 0;
        foreach (var golden in Cases($"goldens-stream-{kind}.json"))
        {
            int[] ids = [.. golden.GetProperty("ids").EnumerateArray().Select(id => (int)Math.Min(id.GetInt64(), int.MaxValue))];
            var skip = golden.GetProperty("skip_special_tokens").GetBoolean();
            foreach (var (mode, key) in new[] { (StreamingMode.Exact, "exact"), (StreamingMode.Eager, "eager") })
            {
                var decoder = tokenizer.CreateDecoder(skip, mode);
                string[] texts = [.. ids.Select(decoder.Append), decoder.Flush()];
                string[] expected = [.. golden.GetProperty(key).EnumerateArray().Select(text => text.GetString()!),
                    golden.GetProperty("flush_" + key).GetString()!];
                Compare(differences, $"{golden.GetProperty("group")} {key} [{string.Join(' ', ids)}]", expected, texts);
            }

            count++;
        }

        AssertNone(differences, count);
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Append_EveryCharacterAboveTheBasicPlane_ComesInOneText(string kind, string format)
    {
        // Emojis, their joined sequences and rare scripts: of some the vocabulary has pieces, of the others only the four bytes.
        var tokenizer = Get(kind, format);
        List<string> texts = ["a👩‍👩‍👧‍👦b👍🏽🇩🇪 😀😁\n𝒳"];
        for (var value = 0x1_0000; value < 0x2_0000; value += 7) texts.Add($"x{new Rune(value)} {new Rune(value + 1)}");
        List<string> differences = [];
        foreach (var text in texts)
        {
            var ids = tokenizer.Encode(text, addSpecialTokens: false, recognizeControlTokens: false);
            foreach (var mode in new[] { StreamingMode.Exact, StreamingMode.Eager })
            {
                var decoder = tokenizer.CreateDecoder(skipSpecialTokens: true, mode);
                string[] updates = [.. ids.Select(decoder.Append), decoder.Flush()];

                // An update with half a character would not survive a trip through UTF-8.
                Compare(differences, $"{mode} {text}", text, string.Concat(updates.Select(update => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(update)))));
            }
        }

        AssertNone(differences, texts.Count);
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Encode_IllFormedUtf16_ReplacesEachLoneSurrogate(string kind, string format)
    {
        var tokenizer = Get(kind, format);
        foreach (var golden in Cases($"goldens-utf16-{kind}.json"))
        {
            char[] units = [.. golden.GetProperty("utf16").EnumerateArray().Select(unit => (char)unit.GetInt32())];
            Assert.Equal(Ids(golden.GetProperty("ids")), tokenizer.Encode(units, addSpecialTokens: false, recognizeControlTokens: true));
        }
    }

    [Theory]
    [InlineData("tiny")]
    [InlineData("gemma1")]
    [InlineData("gemma3")]
    public void Encode_Corpus_HashesToTheGolden(string kind)
    {
        var tokenizer = Get(kind);
        var golden = Goldens("corpus.json").GetProperty("vocabularies").GetProperty(kind);
        var text = Encoding.UTF8.GetString(Read("corpus.txt"));
        var ids = tokenizer.Encode(text, addSpecialTokens: false, recognizeControlTokens: true);
        Assert.Equal(golden.GetProperty("ids").GetInt32(), ids.Length);
        Assert.Equal(golden.GetProperty("sha256_int32_le").GetString(),
            Convert.ToHexStringLower(SHA256.HashData(System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>(ids))));
        Assert.Equal(text, tokenizer.Decode(ids, skipSpecialTokens: false));
    }

    private static void Compare<T>(List<string> differences, string what, IEnumerable<T> expected, IEnumerable<T> actual)
    {
        if (!expected.SequenceEqual(actual))
            differences.Add($"{what}: expected {string.Join(' ', expected.Take(40))}; got {string.Join(' ', actual.Take(40))}");
    }

    private static void Compare(List<string> differences, string what, string expected, string actual)
    {
        if (expected != actual)
            differences.Add($"{what}: expected {JsonSerializer.Serialize(Shorten(expected))}; got {JsonSerializer.Serialize(Shorten(actual))}");
    }

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..80];

    private static bool HasSupplementary(string text) => text.Any(char.IsSurrogate);
}
