using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gemma.Tests;
using Gemma.Tokenization;
using Json.Schema;

namespace Gemma.SemanticKernel.Tests.Field;

/// <summary>What must come of a case.</summary>
/// <param name="sender">Sends requests.</param>
/// <param name="item">The case.</param>
/// <param name="seed">The seed, or null.</param>
internal sealed class ChatCaseExpectation(ChatCaseSender sender, JsonElement item, long? seed)
{
    private static readonly GemmaTokenizer Tokenizer = GemmaTokenizer.Load(TinyGemma.Checkpoint);

    /// <summary>Sends the case's request and checks what comes of it.</summary>
    public async Task CheckAsync(JsonElement expected)
    {
        var error = await Record.ExceptionAsync(async () => Answer = await sender.SendAsync(item, item, ChatCaseRequest.Options(item, seed)));
        if (expected.TryGetProperty("refused", out var words))
        {
            Refused(error, words);
            return;
        }

        if (error is not null) throw error;
        foreach (var expectation in expected.EnumerateObject()) await CheckAsync(expectation, expected);
    }

    private ChatCaseAnswer Answer { get; set; } = new(string.Empty, 0, null, []);

    private JsonElement Schema => item.GetProperty("options").GetProperty("schema");

    private async Task CheckAsync(JsonProperty expectation, JsonElement expected)
    {
        var value = expectation.Value;
        switch (expectation.Name)
        {
            case "renders":
                Assert.NotNull(Answer.FinishReason);
                Assert.InRange(Answer.PromptTokens, LeastTokens(), long.MaxValue);
                break;
            case "text" when value.GetString()!.Length == 0:
                Assert.True(string.IsNullOrWhiteSpace(Answer.Text), $"no text was expected, but: {Answer.Text}");
                break;
            case "text":
                Assert.Equal(value.GetString(), Answer.Text);
                break;
            case "text_has":
                Assert.Contains(value.GetString()!, Answer.Text, StringComparison.Ordinal);
                break;
            case "not_match":
                Assert.False(Regex.IsMatch(Answer.Text, value.GetString()!), Answer.Text);
                break;
            case "finish":
                Assert.True(value.GetString() == Answer.FinishReason, $"{Answer.FinishReason}: {Answer.Text}");
                break;
            case "no_calls":
                Assert.Empty(Answer.Calls);
                break;
            case "calls":
                Assert.Equal(value.EnumerateArray().Select(call => $"{call.GetProperty("name")} {JsonSerializer.Serialize(call.GetProperty("arguments"))}"),
                    Answer.Calls.Select(call => $"{call.Name} {JsonSerializer.Serialize(call.Arguments)}"));
                break;
            case "valid":
                Valid(expected.TryGetProperty("validator", out var validator) ? validator : Schema, Answer.Text);
                break;
            case "validator":
                break;
            case "valid_arguments":
                Assert.NotEmpty(Answer.Calls);
                foreach (var call in Answer.Calls)
                {
                    Assert.Null(call.Exception);
                    Valid(item.GetProperty("options").GetProperty("tools").EnumerateArray().Single(tool => tool.GetProperty("name").ValueEquals(call.Name))
                        .GetProperty("schema"), JsonSerializer.Serialize(call.Arguments));
                }

                break;
            case "base64":
                foreach (var name in value.EnumerateArray())
                    Assert.True(JsonElement.Parse(Answer.Text).GetProperty(name.GetString()!).TryGetBytesFromBase64(out _), Answer.Text);
                break;
            case "decimal":
                foreach (var name in value.EnumerateArray())
                {
                    Assert.True(decimal.TryParse(JsonElement.Parse(Answer.Text).GetProperty(name.GetString()!).GetRawText(), NumberStyles.Float,
                        CultureInfo.InvariantCulture, out _), Answer.Text);
                }
                break;
            case "same_as":
                var same = await sender.SendAsync(value, item, ChatCaseRequest.Options(item, seed));
                Assert.Equal((same.Text, same.PromptTokens), (Answer.Text, Answer.PromptTokens));
                break;
            case "more_tokens_than":
                Assert.True(Answer.PromptTokens > (await sender.SendAsync(value, item, ChatCaseRequest.Options(item, seed))).PromptTokens);
                break;
            case "prompt_tokens_at_most":
                Assert.InRange(Answer.PromptTokens, 0, value.GetInt64());
                break;
            default:
                throw new NotSupportedException($"The cases' expectation '{expectation.Name}' is new.");
        }
    }

    // No message is lost: the prompt has the tokens of all texts, less two each.
    private long LeastTokens() => !item.TryGetProperty("messages", out var messages) ? 0 : ChatCaseRequest.Messages(messages)
        .Where(message => message.Text.Length > 0)
        .Sum(message => Math.Max(0, Tokenizer.Encode(message.Text, addSpecialTokens: false, recognizeControlTokens: false).Length - 2));

    private static void Valid(JsonElement schema, string text)
    {
        using var json = JsonDocument.Parse(text);
        Assert.True(JsonSchema.FromText(schema.GetRawText()).Evaluate(json.RootElement).IsValid, text);
    }

    private static void Refused(Exception? error, JsonElement words)
    {
        Assert.NotNull(error);
        var message = string.Empty;
        for (var e = error; e is not null; e = e.InnerException)
        {
            Assert.False(e is NullReferenceException or InvalidCastException or KeyNotFoundException, $"refused by accident: {e}");
            message += e.Message + "\n";
        }

        foreach (var word in words.EnumerateArray())
        {
            string[] any = word.ValueKind == JsonValueKind.Array ? [.. word.EnumerateArray().Select(one => one.GetString()!)] : [word.GetString()!];
            Assert.True(any.Any(one => message.Contains(one, StringComparison.OrdinalIgnoreCase)), $"'{string.Join("' or '", any)}' is missing in: {message}");
        }
    }
}
