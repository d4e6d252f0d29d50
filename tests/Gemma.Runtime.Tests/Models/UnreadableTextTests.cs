using System.Text;
using System.Text.Json;
using Gemma.Runtime.Chat;
using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts;
using Gemma.Runtime.Prompts.Tools;
using Gemma.Runtime.Tests.Generation.Constraints;
using Gemma.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Models;

/// <summary>Texts and names with half of a surrogate pair or with bytes that are not UTF-8 end in the documented exception wherever JSON comes from.</summary>
public sealed class UnreadableTextTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-text-").FullName;

    public static TheoryData<string> Texts => ["\\ud800", "\\ud83dx", "raw bytes"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task OpenAsync_AnyFileOfAPackage_IsAnInvalidModel(string text)
    {
        await AssertAsync("genai_config.json", """{"*":1,"model":{}}""",
            () => ModelPackage.OpenAsync(_folder, cancellationToken: TestContext.Current.CancellationToken));
        await AssertAsync("genai_config.json", """{"model":{"decoder":{"filename":"*"}}}""",
            () => ModelPackage.OpenAsync(_folder, cancellationToken: TestContext.Current.CancellationToken));
        await AssertAsync(PackageManifest.FileName,
            """{"schema":1,"converter_version":"*","source":"","source_format":"","precision":"fp32","activations":"fp32","files":[]}""",
            () => ModelPackage.OpenAsync(_folder, cancellationToken: TestContext.Current.CancellationToken));
        await AssertAsync("config.json", """{"model_type":"gemma","architectures":["*"]}""",
            () => Task.FromResult(GemmaConfig.Load(Path.Combine(_folder, "config.json"))));
        await AssertAsync("generation_config.json", """{"stop_strings":["*"]}""",
            () => Task.FromResult(GenerationConfig.Load(Path.Combine(_folder, "generation_config.json"))));
        await AssertAsync("tokenizer_config.json", """{"bos_token":{"content":"*"}}""", () => Task.FromResult(GemmaTokenizer.Load(_folder)));
        await AssertAsync("tokenizer_config.json", """{"added_tokens_decoder":{"*":{}}}""", () => Task.FromResult(GemmaTokenizer.Load(_folder)));
        await AssertAsync("tokenizer_config.json", """{"chat_template":"*"}""", () => Task.FromResult(ChatTemplates.Load(_folder)));

        async Task AssertAsync<T>(string file, string json, Func<Task<T>> read)
        {
            await File.WriteAllBytesAsync(Path.Combine(_folder, file), Bytes(json, text), TestContext.Current.CancellationToken);
            var error = await Assert.ThrowsAsync<InvalidModelException>(read);
            Assert.Contains(file, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void JsonSchema_AnyTextOrName_IsASchemaError(string text)
    {
        foreach (var json in (string[])["""{"properties":{"*":{}}}""", """{"required":["*"]}""", """{"enum":["*"]}""", """{"const":{"*":1}}""",
            """{"$ref":"*"}""", """{"allOf":[{"*":1}]}"""])
        {
            var schema = Element(json, text);
            var factory = new ConstraintFactory(TokenizerFileBytes.Tiny);
            Assert.Throws<GemmaSchemaException>(() => factory.JsonSchema(schema, cancellationToken: TestContext.Current.CancellationToken));
            var function = AIFunctionFactory.CreateDeclaration("f", null, schema);
            Assert.Contains("{\"name\":\"f\"", ToolPrompt.Declare([function]).Replace("\": \"", "\":\"", StringComparison.Ordinal), StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void Parse_Options_NamesThem(string text)
    {
        Assert.Throws<InvalidGenerationConfigException>(() => GenerationConfig.Parse(Element("""{"stop_strings":["*"]}""", text)));
        Assert.Throws<InvalidGenerationConfigException>(() => GenerationConfig.Parse(Element("""{"*":1}""", text)));
        Assert.Throws<InvalidGenerationConfigException>(() =>
            ChatOptionProperties.Read(new AdditionalPropertiesDictionary { ["stop_strings"] = Element("\"*\"", text) }));
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void Call_ArgumentsOfAnotherApplication_AreShownWithAReplacement(string text) =>
        Assert.Contains("\uFFFD", ToolPrompt.Call(new FunctionCallContent("1", "f", new Dictionary<string, object?> { ["a"] = Element("""{"*":1}""", text) })),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"name": "f", "parameters": {"a": "\ud800"}}""")]
    [InlineData("""{"name": "f", "parameters": {"\ud800": 1}}""")]
    [InlineData("""{"name": "f", "arguments": "{\"a\": \"\\ud800\"}"}""")]
    public void Append_CallOfAModel_IsNeverAnException(string text)
    {
        var parser = new ToolCallParser([AIFunctionFactory.CreateDeclaration("f", null, JsonElement.Parse("{}"))], allowMultiple: false);
        List<AIContent> contents = [.. parser.Append(text), .. parser.Flush()];
        foreach (var call in contents.OfType<FunctionCallContent>().Where(call => call.Exception is null)) ToolPrompt.Call(call);
    }

    private static byte[] Bytes(string json, string text)
    {
        var at = json.IndexOf('*', StringComparison.Ordinal);
        return [.. Encoding.UTF8.GetBytes(json[..at]), .. text == "raw bytes"
            ? [(byte)'a', 0xff]
            : Encoding.UTF8.GetBytes(text), .. Encoding.UTF8.GetBytes(json[(at + 1)..])];
    }

    private static JsonElement Element(string json, string text)
    {
        using var document = JsonDocument.Parse(Bytes(json, text));
        return document.RootElement.Clone();
    }
}
