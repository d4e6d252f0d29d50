using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Gemma.Tests;
using static Gemma.Tests.TokenizerSource;

namespace Gemma.Tokenization.Tests;

public sealed class MalformedTokenizerTests
{
    public static TheoryData<string, string> JsonChanges => new()
    {
        { "duplicate id", "given twice" },
        { "id out of range", "outside" },
        { "negative id", "outside" },
        { "id of 64 bits", "32 bits" },
        { "gap", "no piece has the id" },
        { "merge of unknown piece", "not in the vocabulary" },
        { "merge of three", "not a pair" },
        { "merge of numbers", "not a pair" },
        { "byte -1", "looks like a byte piece" },
        { "no mark", "U+2581" },
        { "added token twice", "has the id" },
        { "special byte", "byte piece" },
        { "no byte fallback", "byte_fallback" },
        { "ignore merges", "ignore_merges" },
        { "unigram", "model.type" },
        { "no vocab", "model.vocab" },
        { "no merges", "model.merges" },
        { "no model", "model" },
        { "normalizer", "normalizer" },
        { "pre-tokenizer", "pre_tokenizer" },
        { "decoder", "decoder" },
        { "surrogate", "JSON" },
        { "surrogate in what is skipped", "JSON" },
    };

    [Theory]
    [MemberData(nameof(JsonChanges))]
    public void Load_ChangedJson_IsAnErrorThatNamesTheField(string change, string named)
    {
        var root = JsonNode.Parse(Read("tiny.tokenizer.json"))!.AsObject();
        var model = root["model"]!.AsObject();
        var (vocabulary, merges, added) = (model["vocab"]!.AsObject(), model["merges"]!.AsArray(), root["added_tokens"]!.AsArray());
        switch (change)
        {
            case "duplicate id": vocabulary["zzz"] = 300; break;
            case "id out of range": vocabulary["zzz"] = 1 << 24; break;
            case "negative id": vocabulary["zzz"] = -1; break;
            case "id of 64 bits": vocabulary["zzz"] = 1L << 40; break;
            case "gap": vocabulary["zzz"] = 1000; break;
            case "merge of unknown piece": merges.Add(new JsonArray("zzz", "yyy")); break;
            case "merge of three": merges.Add(new JsonArray("a", "b", "c")); break;
            case "merge of numbers": merges.Add(7); break;
            case "byte -1":
                vocabulary["<0x-1>"] = vocabulary["<0x41>"]!.GetValue<int>();
                vocabulary.Remove("<0x41>");
                break;
            case "no mark":
                vocabulary["zzz"] = vocabulary["\u2581"]!.GetValue<int>();
                vocabulary.Remove("\u2581");
                model["merges"] = new JsonArray();
                break;
            case "added token twice": added.Add(new JsonObject { ["id"] = 9, ["content"] = "<bos>" }); break;
            case "special byte":
                added.Add(new JsonObject
                {
                    ["id"] = vocabulary["<0x41>"]!.GetValue<int>(),
                    ["content"] = "<0x41>",
                    ["special"] = true,
                }); break;
            case "no byte fallback": model["byte_fallback"] = false; break;
            case "ignore merges": model["ignore_merges"] = true; break;
            case "unigram": model["type"] = "Unigram"; break;
            case "no vocab": model.Remove("vocab"); break;
            case "no merges": model.Remove("merges"); break;
            case "no model": root.Remove("model"); break;
            case "normalizer": root["normalizer"] = new JsonObject { ["type"] = "NFKC" }; break;
            case "pre-tokenizer": root["pre_tokenizer"] = new JsonObject { ["type"] = "Whitespace" }; break;
            case "decoder": root["decoder"] = null; break;
            case "surrogate": break;
            case "surrogate in what is skipped": root["post_processor"] = new JsonObject { ["type"] = "<half>" }; break;
            default: throw new InvalidDataException(change);
        }

        var text = root.ToJsonString();
        text = text.Replace("u003Chalf", "udc00half", StringComparison.Ordinal);
        if (change == "surrogate") text = text.Replace("u003Cmask", "ud800mask", StringComparison.Ordinal);
        var error = Assert.Throws<InvalidModelException>(() => Load("json", Encoding.UTF8.GetBytes(text)));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Load_DuplicatePieceInJson_IsAnError()
    {
        var text = Encoding.UTF8.GetString(Read("tiny.tokenizer.json"));
        var open = text.IndexOf('{', text.IndexOf("\"vocab\"", StringComparison.Ordinal));
        var error = Assert.Throws<InvalidModelException>(() => Load("json", Encoding.UTF8.GetBytes(text.Insert(open + 1, "\"<pad>\": 512,"))));
        Assert.Contains("twice", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_MergesBeforeVocabulary_GivesTheSame()
    {
        var root = JsonNode.Parse(Read("tiny.tokenizer.json"))!.AsObject();
        var model = root["model"]!.AsObject();
        var vocabulary = model["vocab"]!;
        model.Remove("vocab");
        model["vocab"] = vocabulary;
        var tokenizer = Load("json", Encoding.UTF8.GetBytes(root.ToJsonString()));
        foreach (var golden in Cases("goldens-tiny.json").Where(golden => !golden.TryGetProperty("text_pair", out _)).Take(300))
            Assert.Equal(Ids(golden.GetProperty("ids")),
                tokenizer.Encode(golden.GetProperty("text").GetString()!, golden.GetProperty("add_special_tokens").GetBoolean(), true));
    }

    [Theory]
    [InlineData("json")]
    [InlineData("model")]
    public void Load_TruncatedFile_IsAnError(string format)
    {
        var bytes = Read("tiny.tokenizer." + format);
        for (var length = 0; length < bytes.Length; length += format == "json" ? 997 : 61)
            Assert.Throws<InvalidModelException>(() => Load(format, bytes[..length]));
    }

    [Theory]
    [InlineData("json")]
    [InlineData("model")]
    public void Load_RandomlyChangedFile_LoadsOrIsATypedError(string format)
    {
        var random = new Random(17);
        var bytes = Read("tiny.tokenizer." + format);
        for (var i = 0; i < 400; i++)
        {
            var changed = (byte[])bytes.Clone();
            for (var k = random.Next(1, 4); k > 0; k--) changed[random.Next(changed.Length)] = (byte)random.Next(256);
            try
            {
                Load(format, changed).Encode("Hello 😀 <bos>\n\n  x", true, true);
            }
            catch (InvalidModelException)
            {
            }
        }
    }

    public static TheoryData<string, byte[], string> Models => new()
    {
        { "piece of 1 GB", [0x0A, .. Varint(1 << 30), 1, 2, 3], "announced" },
        { "text of 1 GB", Piece([0x0A, .. Varint(1 << 30)]), "announced" },
        { "endless number", [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], "does not end" },
        { "group", [0x0B], "wire type" },
        { "field 0", [0x02, 0x00], "field number" },
        { "type 9", Piece([0x0A, 1, (byte)'x', 0x18, 9]), "type" },
        { "byte <0x-1>", Piece([0x0A, 6, .. "<0x-1>"u8, 0x18, 6]), "<0x00>" },
        { "byte of another name", Piece([0x0A, 2, .. "zz"u8, 0x18, 6]), "<0x00>" },
        { "text as number", Piece([0x08, 1]), "wrong kind" },
        { "duplicate", Piece([0x0A, 5, .. "<pad>"u8]), "twice" },
        { "empty", Piece([]), "empty" },
        { "not UTF-8", Piece([0x0A, 1, 0xFF]), "UTF-8" },
        { "score NaN", Piece([0x0A, 1, 0x01, 0x15, 0, 0, 0xC0, 0x7F]), "score" },
        { "second unknown", Piece([0x0A, 2, .. "zz"u8, 0x18, 2]), "UNKNOWN" },
        { "unigram", [0x12, 2, 0x18, 1], "model_type" },
        { "no byte fallback", [0x12, 3, 0x98, 0x02, 0], "byte_fallback" },
    };

    [Theory]
    [MemberData(nameof(Models), DisableDiscoveryEnumeration = true)]
    public void Load_ModelWithWrongField_IsAnErrorThatSaysSo(string name, byte[] appended, string named)
    {
        var error = Assert.Throws<InvalidModelException>(() => Load("model", [.. Read("tiny.tokenizer.model"), .. appended]));
        Assert.True(error.Message.Contains(named, StringComparison.Ordinal), $"{name}: {error.Message}");
        Assert.Contains("tokenizer.model", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OtherFile_IsAnError()
    {
        var random = new byte[5000];
        new Random(3).NextBytes(random);
        var size = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(size, 100);
        foreach (var bytes in (byte[][])[[], [0], random, "{}"u8.ToArray(), "version https://git-lfs.github.com/spec/v1\n"u8.ToArray(), size])
        {
            Assert.Throws<InvalidModelException>(() => Load("model", bytes));
            Assert.Throws<InvalidModelException>(() => Load("json", bytes));
        }
    }

    private static byte[] Piece(byte[] message) => [0x0A, .. Varint(message.Length), .. message];

    private static byte[] Varint(int value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }

    private static GemmaTokenizer Load(string format, byte[] bytes)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("tokenizer." + format), bytes);
        return GemmaTokenizer.Load(folder.Path);
    }
}
