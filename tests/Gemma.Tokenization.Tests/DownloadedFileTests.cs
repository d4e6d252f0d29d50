using Gemma.Json;
using Gemma.Tests;

namespace Gemma.Tokenization.Tests;

/// <summary>Files that are something else than their names say, and JSON as Python writes it.</summary>
public sealed class DownloadedFileTests
{
    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "Git LFS pointer")]
    [InlineData("\n<!DOCTYPE html><html><body>Access denied</body></html>", "web page")]
    [InlineData("<html>", "web page")]
    [InlineData("Invalid username or password.", "a text ('Invalid username or password.')")]
    [InlineData("Access to this model is restricted.\nYou must be signed in to read it, and accept its licence.",
        "a text ('Access to this model is restricted. You must be signed in to rea')")]
    public void Load_FileThatStandsForAnother_IsToldApart(string content, string expected)
    {
        using var folder = new TemporaryFolder();
        foreach (var name in (string[])["config.json", "tokenizer.json", "tokenizer.model"]) File.WriteAllText(folder.File(name), content);
        Assert.Contains(expected, Assert.Throws<InvalidModelException>(() => JsonSection.Load(folder.File("config.json"))).Message, StringComparison.Ordinal);
        Assert.Contains(expected, Assert.Throws<InvalidModelException>(() => GemmaTokenizer.Load(folder.Path)).Message, StringComparison.Ordinal);
        File.Delete(folder.File("tokenizer.json"));
        Assert.Contains(expected, Assert.Throws<InvalidModelException>(() => GemmaTokenizer.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_NumbersOfPython_CountOnlyWhereTheyAreRead()
    {
        using var document = JsonSection.Parse("config.json", """{"a":NaN,"b":[-Infinity,Infinity],"c":"NaN \" Infinity","d":1}"""u8.ToArray());
        var json = JsonSection.Root("config.json", document);
        Assert.Equal("NaN \" Infinity", json.Text("c"));
        Assert.Equal(1, json.Int("d", null, 0, 2));
        Assert.Contains("a:", Assert.Throws<InvalidModelException>(() => json.Number("a", null, 0, 1)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidModelException>(() => JsonSection.Parse("config.json", """{"a":NaN,}"""u8.ToArray()));
    }
}
