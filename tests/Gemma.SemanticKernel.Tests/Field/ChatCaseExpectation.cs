using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma.SemanticKernel.Tests.Field;

/// <summary>What must come of a case.</summary>
internal static class ChatCaseExpectation
{
    /// <summary>Checks one expectation of a response.</summary>
    public static void Check(JsonProperty expectation, ChatResponse response, ChatOptions options)
    {
        var value = expectation.Value;
        var calls = response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().ToList();
        switch (expectation.Name)
        {
            case "renders":
                Assert.NotNull(response.FinishReason);
                break;
            case "text" when value.GetString()!.Length == 0:
                Assert.True(string.IsNullOrWhiteSpace(response.Text), $"no text was expected, but: {response.Text}");
                break;
            case "text":
                Assert.Equal(value.GetString(), response.Text);
                break;
            case "finish":
                Assert.Equal(value.GetString(), response.FinishReason?.Value);
                break;
            case "no_calls":
                Assert.Empty(calls);
                break;
            case "valid":
                JsonElement.Parse(response.Text);
                break;
            case "calls":
                Assert.Equal(value.EnumerateArray().Select(call => $"{call.GetProperty("name")} {JsonSerializer.Serialize(call.GetProperty("arguments"))}"), calls.Select(call => $"{call.Name} {JsonSerializer.Serialize(call.Arguments)}"));
                break;
            case "valid_arguments":
                Assert.NotEmpty(calls);
                foreach (var call in calls)
                {
                    Assert.Null(call.Exception);
                    var schema = options.Tools!.OfType<AIFunctionDeclaration>().Single(tool => tool.Name == call.Name).JsonSchema;
                    foreach (var required in schema.TryGetProperty("required", out var names) ? names.EnumerateArray().ToList() : []) Assert.Contains(required.GetString()!, call.Arguments!.Keys);
                }

                break;
            default:
                throw new NotSupportedException($"The cases' expectation '{expectation.Name}' is new.");
        }
    }

    /// <summary>Checks that a request was refused for what it is.</summary>
    public static void Refused(Exception? error, JsonElement words)
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
