using System.Text.Json;
using Gemma.Tests;

namespace Gemma.Cli.Tests;

public sealed class TokenizeTests
{
    private static string Model => Path.Combine(SharedData.RepositoryRoot, "samples", "models", "tiny-gemma-it");

    [Fact]
    public async Task Tokenize_Lines_AreAnsweredInOrder()
    {
        var lines = await RunAsync(
            """{"text": "<bos>Hi\ud83d 😀"}""",
            """{"text": "Hi", "add_special_tokens": false}""",
            """{"text": "<bos>", "add_special_tokens": false, "recognize_control_tokens": false}""",
            """{"ids": [2, 916, 4054, 4294967295], "skip_special_tokens": true}""",
            """{"ids": [2, 916, 4054]}""",
            """{"text": "a", "text_pair": "b"}""",
            """{"texts": ["Hello!", "a b c d"], "options": {"padding": "max_length", "truncation": true, "max_length": 3, "padding_side": "right"}}""",
            """{"messages": [{"role": "user", "content": "Hello!"}]}""",
            """{"ids": [916, 4054], "stream": "exact", "text": null}""");
        var offsets = lines[0].GetProperty("offsets").EnumerateArray().Select(offset => (offset[0].GetInt32(), offset[1].GetInt32())).ToArray();
        Assert.Equal((0, 0), offsets[0]);
        Assert.Equal((0, 5), offsets[1]);
        Assert.Equal((9, 11), offsets[^1]);
        Assert.Equal(lines[0].GetProperty("ids").GetArrayLength(), lines[0].GetProperty("pieces").GetArrayLength());
        Assert.NotEqual(2, lines[1].GetProperty("ids")[0].GetInt32());
        Assert.True(lines[2].GetProperty("ids").GetArrayLength() > 1);
        Assert.Equal("Hello!", lines[3].GetProperty("text").GetString());
        Assert.Equal("<bos>Hello!", lines[4].GetProperty("text").GetString());
        Assert.Equal("[0,0,1,1]", lines[5].GetProperty("type_ids").GetRawText());
        Assert.Equal("[2,916,4054]", lines[6].GetProperty("input_ids")[0].GetRawText());
        Assert.Equal(3, lines[6].GetProperty("attention_mask")[1].GetArrayLength());
        Assert.Equal("[2,106,847,108,916,4054,107,108,106,1060,108]", lines[7].GetProperty("ids").GetRawText());
        Assert.Equal("""["Hello","!"]""", lines[8].GetProperty("texts").GetRawText());
    }

    [Theory]
    [InlineData("""{"messages": [{"role": "user", "content": "Hi", "nmae": "x"}]}""", "line 2: messages: the key 'nmae'")]
    [InlineData("""{"messages": [{"role": "user", "content": [{"type": "text", "txt": "x"}]}]}""", "line 2: messages: the key 'txt'")]
    [InlineData("""{"texts": ["a"], "truncation": true}""", "line 2: MaxLength is needed")]
    public async Task Line_WithWhatIsNotRead_IsRefusedByNameAndNumber(string line, string expected)
    {
        var (exitCode, _, error) = await GemmaCommand.RunAsync(["tokenize", Model, "--json"], """{"text": "a"}""" + "\n" + line + "\n");
        Assert.Equal(2, exitCode);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokenize_GgufFile_HasItsTokenizerAndTemplate()
    {
        var file = SharedData.Require("goldens-gguf", "models", "tiny-gemma-it-Q4_0", "model.gguf");
        string[] lines = ["""{"text": "Hi\u2581 <bos>"}""", """{"messages": [{"role": "user", "content": "Hello!"}]}"""];
        var (exitCode, output, error) = await GemmaCommand.RunAsync(["tokenize", file, "--json"], string.Join('\n', lines));
        Assert.Equal((0, string.Empty), (exitCode, error));
        Assert.Equal((await GemmaCommand.RunAsync(["tokenize", Model, "--json"], string.Join('\n', lines))).Output, output);
    }

    [Theory]
    [InlineData("""{"text": 5}""", "text")]
    [InlineData("""{"other": 5}""", "text")]
    [InlineData("""{"ids": [-1]}""", "ids")]
    [InlineData("""{"texts": ["a"], "padding": "up"}""", "padding")]
    [InlineData("""{"texts": ["a"], "truncation": true}""", "MaxLength")]
    [InlineData("""{"messages": [{"role": "system", "content": "x"}]}""", "System role not supported")]
    [InlineData("""{"text": "a", "truncation": true, "max_length": 1}""", "truncation")]
    [InlineData("""{"text": "a", "add_bos_token": false}""", "add_bos_token")]
    [InlineData("""{"text": "a", "ids": [5]}""", "text")]
    [InlineData("""{"ids": [5], "add_special_tokens": false}""", "add_special_tokens")]
    [InlineData("""{"texts": ["a"], "options": {}, "padding": true}""", "padding")]
    [InlineData("""{"texts": ["a"], "options": 5}""", "options")]
    [InlineData("""{"messages": [{"role": "user", "content": "x"}], "skip_special_tokens": true}""", "skip_special_tokens")]
    [InlineData("""[]""", "line 1")]
    public async Task Tokenize_WrongLine_IsOneErrorLineAndExitCode2(string line, string named)
    {
        var (exitCode, output, error) = await GemmaCommand.RunAsync(["tokenize", Model, "--json"], line);
        Assert.Equal((2, string.Empty), (exitCode, output));
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
        Assert.Contains(named, error, StringComparison.Ordinal);
    }

    private static async Task<JsonElement[]> RunAsync(params string[] lines)
    {
        var (exitCode, output, error) = await GemmaCommand.RunAsync(["tokenize", Model, "--json"], string.Join('\n', lines));
        Assert.Equal((0, string.Empty), (exitCode, error));
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    [Theory]
    [InlineData("""{"\ud800": 1, "text": "a"}""")]
    [InlineData("""{"messages": [{"role": "\ud800", "content": "a"}]}""")]
    [InlineData("""{"messages": [{"role": "user", "content": [{"type": "\ud800"}]}]}""")]
    [InlineData("""{"messages": [{"role": "user", "\ud800": 1, "content": null}]}""")]
    public async Task Tokenize_NameOrRoleThatCannotBeRead_IsBadInput(string line)
    {
        var (exitCode, _, error) = await GemmaCommand.RunAsync(["tokenize", TinyGemma.Checkpoint, "--json"], line);
        Assert.True(exitCode == 2, $"exit code {exitCode}: {error}");
    }
}
