using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gemma.Runtime.Chat;
using Gemma.Tests;
using Json.Schema;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Chat.FieldCases;

/// <summary>What people met with structured output elsewhere: requests as data, with the right result, through the chat client of the small model.</summary>
public sealed class FieldCaseTests(TinyGemma tiny)
{
    private static readonly string Folder = Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Runtime.Tests", "Chat", "FieldCases");

    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (var file in Directory.GetFiles(Folder, "*.json").Order(StringComparer.Ordinal))
            foreach (var test in JsonElement.Parse(File.ReadAllText(file)).GetProperty("cases").EnumerateArray())
                if (!test.TryGetProperty("script", out _)) data.Add(Path.GetFileName(file), test.GetProperty("name").GetString()!);
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task GetResponseAsync_FieldCase_GivesTheRightResult(string file, string name)
    {
        var test = JsonElement.Parse(await File.ReadAllTextAsync(Path.Combine(Folder, file), TestContext.Current.CancellationToken)).GetProperty("cases").EnumerateArray().Single(test => test.GetProperty("name").ValueEquals(name));
        using var client = new GemmaChatClient(await tiny.ModelAsync());
        var options = test.GetProperty("options");
        List<JsonElement> expected = test.TryGetProperty("expect", out var expect) ? [expect] : [.. test.GetProperty("expect_any").EnumerateArray()];
        foreach (var seed in options.TryGetProperty("seeds", out var seeds) ? seeds.EnumerateArray().Select(seed => seed.GetInt64()) : [0])
        {
            var messages = test.GetProperty("messages").EnumerateArray().Select(message => new ChatMessage(new ChatRole(message.GetProperty("role").GetString()!), message.GetProperty("text").GetString())).ToList();
            var (response, error) = await SendAsync(client, messages, Options(options, seed));
            var faults = expected.Select(expect => Fault(expect, options, response, error)).ToList();
            Assert.True(faults.Contains(null), $"seed {seed}: {string.Join("; ", faults)}");
        }
    }

    private static async Task<(ChatResponse? Response, Exception? Error)> SendAsync(IChatClient client, List<ChatMessage> messages, ChatOptions options)
    {
        try
        {
            return (await client.GetResponseAsync(messages, options, TestContext.Current.CancellationToken), null);
        }
        catch (Exception e) when (e is GemmaException or ArgumentException or NotSupportedException)
        {
            return (null, e);
        }
    }

    private static ChatOptions Options(JsonElement options, long seed) => new()
    {
        MaxOutputTokens = options.GetProperty("max").GetInt32(),
        Temperature = options.TryGetProperty("temperature", out var temperature) ? temperature.GetSingle() : null,
        Seed = seed,
        ResponseFormat = options.TryGetProperty("schema", out var schema) ? ChatResponseFormat.ForJsonSchema(schema) : null,
        Tools = options.TryGetProperty("tools", out var tools)
            ? [.. tools.EnumerateArray().Select(tool => AIFunctionFactory.CreateDeclaration(tool.GetProperty("name").GetString()!, tool.GetProperty("description").GetString(), tool.GetProperty("schema")))]
            : null,
        ToolMode = options.TryGetProperty("tool_mode", out var mode) && mode.ValueEquals("required") ? ChatToolMode.RequireAny : null,
    };

    private static string? Fault(JsonElement expect, JsonElement options, ChatResponse? response, Exception? error)
    {
        if (expect.TryGetProperty("refused", out var words))
        {
            var missing = words.EnumerateArray().Select(word => word.GetString()!).FirstOrDefault(word => error?.ToString().Contains(word, StringComparison.OrdinalIgnoreCase) != true);
            return missing is null ? null : $"no refusal names '{missing}': {error?.Message ?? response!.Text}";
        }

        if (error is not null) return error.Message;
        foreach (var check in expect.EnumerateObject())
            if (Fault(check, expect, options, response!) is { } fault) return $"{check.Name}: {fault}";
        return null;
    }

    private static string? Fault(JsonProperty check, JsonElement expect, JsonElement options, ChatResponse response) => check.Name switch
    {
        "valid" => Invalid(expect.TryGetProperty("validator", out var validator) ? validator : options.GetProperty("schema"), response.Text),
        "valid_arguments" => response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Select(call =>
            Invalid(options.GetProperty("tools").EnumerateArray().Single(tool => tool.GetProperty("name").ValueEquals(call.Name)).GetProperty("schema"), JsonSerializer.Serialize(call.Arguments))).FirstOrDefault(fault => fault is not null),
        "finish" => response.FinishReason?.Value == check.Value.GetString() ? null : $"{response.FinishReason}: {response.Text}",
        "not_match" => Regex.IsMatch(response.Text, check.Value.GetString()!) ? response.Text : null,
        "base64" => check.Value.EnumerateArray().All(name => JsonElement.Parse(response.Text).GetProperty(name.GetString()!).TryGetBytesFromBase64(out _)) ? null : response.Text,
        "decimal" => check.Value.EnumerateArray().All(name => decimal.TryParse(JsonElement.Parse(response.Text).GetProperty(name.GetString()!).GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture, out _)) ? null : response.Text,
        "validator" => null,
        _ => $"unknown expectation '{check.Name}'",
    };

    private static string? Invalid(JsonElement schema, string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return JsonSchema.FromText(schema.GetRawText()).Evaluate(json.RootElement).IsValid ? null : text;
        }
        catch (JsonException)
        {
            return $"no JSON: {text}";
        }
    }
}
