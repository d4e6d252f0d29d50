using System.Text;
using System.Text.Json;
using Gemma.Json;

namespace Gemma.Tokenization.Tests;

/// <summary>What System.Text.Json finds only when a text is read is an error of the document.</summary>
public sealed class WellFormedJsonTests
{
    [Theory]
    [InlineData("""{"a":"\ud800"}""")]
    [InlineData("""{"a":"\udc00\ud800"}""")]
    [InlineData("""{"a":"\uD83Dx\uDE00"}""")]
    [InlineData("""{"a":"\\\uD83D\\uDE00"}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""[["\ud83d\ude00","\ud83d"]]""")]
    public void Parse_HalfOfAPair_IsAnError(string json)
    {
        Assert.Throws<JsonException>(() => WellFormedJson.Parse(json));
        using var document = JsonDocument.Parse(json);
        Assert.Throws<JsonException>(() => WellFormedJson.Check(document.RootElement));
    }

    [Theory]
    [InlineData("{\"a\":\"*\"}", new byte[] { 0xff })]
    [InlineData("{\"a\":\"*\"}", new byte[] { 0xed, 0xa0, 0x80 })]
    [InlineData("{\"*\":1}", new byte[] { 0xc3 })]
    public void Parse_BytesThatAreNotUtf8_IsAnError(string json, byte[] text)
    {
        var at = json.IndexOf('*', StringComparison.Ordinal);
        byte[] bytes = [.. Encoding.UTF8.GetBytes(json[..at]), .. text, .. Encoding.UTF8.GetBytes(json[(at + 1)..])];
        Assert.Throws<JsonException>(() => WellFormedJson.Parse(bytes));
    }

    [Fact]
    public void Parse_HalfOfAPairInTheTextItself_IsAnError() => Assert.Throws<JsonException>(() => WellFormedJson.Parse("{\"a\":\"\ud800\"}"));

    [Theory]
    [InlineData("""{"a":"\ud83d\ude00 \\ud800 \u00e9 \" \/"}""", "😀 \\ud800 é \" /")]
    [InlineData("{\"a\":\"😀\"}", "😀")]
    [InlineData("\uFEFF{\"a\":\"b\"}", "b")]
    public void Parse_GoodText_IsRead(string json, string expected)
    {
        using var document = WellFormedJson.Parse(json);
        Assert.Equal(expected, document.RootElement.GetProperty("a").GetString());
    }
}
