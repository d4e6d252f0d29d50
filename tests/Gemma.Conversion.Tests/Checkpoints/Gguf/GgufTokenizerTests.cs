using System.IO.Compression;
using System.Text.Json;
using Gemma.Conversion.Checkpoints.Gguf;
using Gemma.Tests;
using Gemma.Tokenization;

namespace Gemma.Conversion.Tests.Checkpoints.Gguf;

/// <summary>A tokenizer read from metadata gives transformers' ids, and so does what is written of it.</summary>
public sealed class GgufTokenizerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gguf-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("tiny", "tiny")]
    [InlineData("tiny-from-model-only", "tiny")]
    [InlineData("tiny-gemma4-layout", "tiny")]
    [InlineData("gemma1", "gemma1")]
    [InlineData("gemma3", "gemma3")]
    public void Read_VocabularyFile_GivesTransformersIds(string name, string goldens)
    {
        using var file = GgufFile.Open(Unpacked(name));
        var tokenizer = GgufTokenizer.Read(file.Metadata)!;
        tokenizer.Save(_folder);
        var written = GemmaTokenizer.Load(_folder);
        var expected = GgufGoldens.Read("tokenizers", name + ".expected.json");
        List<string> wrong = [];
        foreach (var (what, actual) in ((string, GemmaTokenizer)[])[("metadata", tokenizer), ("tokenizer.json", written)])
        {
            foreach (var item in expected.GetProperty("cases").EnumerateArray()) Compare(actual, what, item, addSpecialTokens: true, wrong);
            foreach (var item in Goldens(goldens).Where(item => !item.TryGetProperty("text_pair", out _)))
                Compare(actual, what, item, item.GetProperty("add_special_tokens").GetBoolean(), wrong);
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} texts differ: {string.Join("; ", wrong.Take(5))}");
        var special = Enumerable.Range(0, tokenizer.VocabularySize).Where(tokenizer.IsSpecialToken);
        Assert.Equal(expected.GetProperty("special_ids").EnumerateArray().Select(id => id.GetInt32()), special);
        Assert.Equal(special, Enumerable.Range(0, written.VocabularySize).Where(written.IsSpecialToken));
    }

    private static void Compare(GemmaTokenizer tokenizer, string what, JsonElement item, bool addSpecialTokens, List<string> wrong)
    {
        var text = item.GetProperty("text").GetString()!;
        var ids = tokenizer.Encode(text, addSpecialTokens, recognizeControlTokens: true);
        var expected = item.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray();
        if (!ids.SequenceEqual(expected)) wrong.Add($"{what}: '{text}' is [{string.Join(", ", ids)}] instead of [{string.Join(", ", expected)}]");
        if (!item.TryGetProperty("decoded_skip_special", out var decoded)) return;
        var back = tokenizer.Decode(expected, skipSpecialTokens: true);
        if (back != decoded.GetString()) wrong.Add($"{what}: ids of '{text}' decode to '{back}'");
    }

    private static IEnumerable<JsonElement> Goldens(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("gemma-tokenizer", $"goldens-{name}.json")));
        return [.. document.RootElement.GetProperty("cases").Clone().EnumerateArray()];
    }

    private string Unpacked(string name)
    {
        var folder = SharedData.Require("goldens-gguf", "tokenizers");
        var plain = Path.Combine(folder, name + ".gguf");
        if (File.Exists(plain)) return plain;
        var path = Path.Combine(_folder, name + ".gguf");
        using var packed = new GZipStream(File.OpenRead(plain + ".gz"), CompressionMode.Decompress);
        using var target = File.Create(path);
        packed.CopyTo(target);
        return path;
    }
}
