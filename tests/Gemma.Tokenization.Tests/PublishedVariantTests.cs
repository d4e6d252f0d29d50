using System.Text.Json.Nodes;
using Gemma.Tests;
using static Gemma.Tests.TokenizerSource;

namespace Gemma.Tokenization.Tests;

/// <summary>The other published files of the 256,000-piece vocabulary: fewer added tokens, older order of merges.</summary>
public sealed class PublishedVariantTests
{
    [Theory]
    [InlineData("gemma1-base", 0, 0)]
    [InlineData("gemma1-it", 106, 107)]
    [InlineData("gemma2-first", 4, 216)]
    public void Encode_PublishedFile_GivesThatFilesIds(string name, int firstAdded, int lastAdded)
    {
        var disagreements = Goldens("disagreements-gemma1.json").GetProperty("published file " + name).GetProperty("encode").EnumerateArray()
            .ToDictionary(item => item.GetProperty("case").GetInt32(), item => Ids(item.GetProperty("ids")));
        var tokenizer = Create(name, firstAdded, lastAdded);
        List<string> differences = [];
        var count = 0;
        foreach (var golden in Cases("goldens-gemma1.json"))
        {
            var expected = disagreements.GetValueOrDefault(count) ?? Ids(golden.GetProperty("ids"));
            var pair = golden.TryGetProperty("text_pair", out var second) ? second.GetString() : null;
            var actual = tokenizer.Tokenize(golden.GetProperty("text").GetString()!, pair, golden.GetProperty("add_special_tokens").GetBoolean()).Ids;
            if (!actual.SequenceEqual(expected)) differences.Add($"case {count}: expected {string.Join(' ', expected)}; got {string.Join(' ', actual)}");
            count++;
        }

        AssertNone(differences, count);
    }

    private static GemmaTokenizer Create(string name, int firstAdded, int lastAdded)
    {
        if (name == "gemma1-base") return Get("gemma1-original");

        // The file is large, so only its list of added tokens is replaced.
        var file = Read("gemma1-original.tokenizer.json");
        var names = Get("gemma1-original");
        using var folder = new TemporaryFolder();
        var text = System.Text.Encoding.UTF8.GetString(file);
        var begin = text.IndexOf("\"added_tokens\"", StringComparison.Ordinal);
        var open = text.IndexOf('[', begin);
        var close = text.IndexOf(']', open);
        var added = JsonNode.Parse(text[open..(close + 1)])!.AsArray();
        for (var id = firstAdded; id <= lastAdded; id++)
            added.Add(new JsonObject { ["id"] = id, ["content"] = names.GetPiece(id), ["special"] = id is 106 or 107 });
        text = string.Concat(text.AsSpan(0, open), added.ToJsonString(), text.AsSpan(close + 1));
        if (name == "gemma2-first") text = text.Replace("\"<start_of_image>\"", "\"<unused99>\"", StringComparison.Ordinal);
        File.WriteAllText(folder.File("tokenizer.json"), text);
        return GemmaTokenizer.Load(folder.Path);
    }
}
