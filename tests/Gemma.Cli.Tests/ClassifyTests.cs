using System.Text.Json;
using Gemma.Tests;

namespace Gemma.Cli.Tests;

/// <summary><c>gemma classify</c> and <c>gemma embed</c>.</summary>
public sealed class ClassifyTests(TinyGemmaHeads tiny)
{
    [Fact]
    public async Task Classify_TextAndIds_GiveTheGoldenLogits()
    {
        var items = TinyGemmaGoldens.Root.GetProperty("classification").GetProperty("topics").EnumerateArray().Take(3).ToArray();
        var input = string.Join('\n',
            items.SelectMany(item =>
                new[] { $$"""{"text": {{item.GetProperty("text").GetRawText()}}}""",
                    $$"""{"ids": [{{string.Join(", ", TinyGemmaGoldens.Ids(item, "ids"))}}]}""" }));
        var (exitCode, output, error) = await GemmaCommand.RunAsync(["classify", await tiny.PackageAsync(), "--head", "topics", "--json"], input);
        Assert.True(exitCode == 0, error);
        var lines = Lines(output);
        Assert.Equal(6, lines.Length);
        for (var i = 0; i < lines.Length; i++)
        {
            var expected = items[i / 2].GetProperty("logits").EnumerateArray().Select(logit => logit.GetSingle()).ToArray();
            var actual = lines[i].GetProperty("logits").EnumerateArray().Select(logit => logit.GetSingle()).ToArray();
            for (var label = 0; label < expected.Length; label++) Assert.Equal(expected[label], actual[label], 1e-3f);
            Assert.Equal(lines[i].GetProperty("score").GetSingle(),
                lines[i].GetProperty("scores").GetProperty(lines[i].GetProperty("label").GetString()!).GetSingle());
        }
    }

    [Theory]
    [InlineData("embed", """{"messages": [{"role": "user", "content": "Hi", "nmae": "x"}]}""", "line 2: messages: the key 'nmae'")]
    [InlineData("embed", """{"text": "a", "ids": [2]}""", "line 2: ids: the line has text already")]
    [InlineData("embed", """{"ids": [2], "text_pair": "x"}""", "line 2: text_pair: the key has no effect without text")]
    [InlineData("score", """{"messages": [{"role": "user", "content": "Hi", "nmae": "x"}]}""", "line 2: messages: the key 'nmae'")]
    public async Task Line_WithWhatIsNotRead_IsRefusedByNameAndNumber(string command, string line, string expected)
    {
        var (exitCode, _, error) = await GemmaCommand.RunAsync([command, await tiny.PackageAsync(), "--json"], """{"text": "a"}""" + "\n" + line + "\n");
        Assert.Equal(2, exitCode);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Classify_EmptyText_NamesTheLineAndKeepsResultsBefore()
    {
        var (exitCode, output, error) = await GemmaCommand.RunAsync(["classify", await tiny.PackageAsync(), "--head", "topics", "--json"],
                "{\"text\": \"a\"}\n\n{\"text\": \"\"}\n");
        Assert.Equal(2, exitCode);
        Assert.Single(Lines(output));
        Assert.Contains("error: line 3:", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"text\": 1}")]
    [InlineData("{}")]
    [InlineData("{\"ids\": [99999]}")]
    [InlineData("{\"messages\": [1]}")]
    [InlineData("not json")]
    public async Task Classify_BadLine_IsExitCode2(string line)
    {
        var (exitCode, _, error) = await GemmaCommand.RunAsync(["classify", await tiny.PackageAsync(), "--head", "topics", "--json"], line);
        Assert.Equal(2, exitCode);
        Assert.StartsWith("error: line 1", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Classify_Evaluate_CountsRightAndWrongLabels()
    {
        var file = Path.GetTempFileName();
        try
        {
            var items = TinyGemmaGoldens.Root.GetProperty("classification").GetProperty("sentiment").EnumerateArray().ToArray();
            await File.WriteAllLinesAsync(file,
                items.Select((item, i) =>
                    $$"""{"text": {{item.GetProperty("text").GetRawText()}}, "label": "{{(i == 0 ? "neutral" : item.GetProperty("label").GetString())}}"}"""),
                    TestContext.Current.CancellationToken);
            var (exitCode, output, error) = await GemmaCommand.RunAsync(["classify", await tiny.SentimentAsync(), "--evaluate", file, "--json"]);
            Assert.True(exitCode == 0, error);
            var report = Lines(output)[0];
            Assert.Equal(0.9, report.GetProperty("accuracy").GetDouble(), 6);
            Assert.Equal(1, report.GetProperty("confusion_matrix").GetProperty("neutral").GetProperty("positive").GetInt32());
            Assert.Equal(2.0 / 3, report.GetProperty("labels").GetProperty("neutral").GetProperty("recall").GetDouble(), 6);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Embed_Text_IsAUnitVectorAndHiddenStatesHaveARowPerToken()
    {
        var package = await tiny.PackageAsync();
        var (exitCode, output, error) = await GemmaCommand.RunAsync(["embed", package, "--json"], "{\"ids\": [2, 481, 430]}\n{\"text\": \"Hello\"}");
        Assert.True(exitCode == 0, error);
        foreach (var line in Lines(output))
            Assert.Equal(1, Math.Sqrt(line.GetProperty("embedding").EnumerateArray().Sum(number => number.GetDouble() * number.GetDouble())), 5);
        (exitCode, output, error) = await GemmaCommand.RunAsync(["embed", package, "--json", "--hidden-states"], "{\"ids\": [2, 481, 430]}");
        Assert.True(exitCode == 0, error);
        Assert.Equal(3, Lines(output)[0].GetProperty("hidden_states").GetArrayLength());
    }

    private static JsonElement[] Lines(string output) =>
        [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
}
