using System.Text.Json;
using Gemma.Server.Http;
using Gemma.Server.OpenAI;
using Microsoft.Extensions.AI;

namespace Gemma.Server.Ollama;

/// <summary>
/// What a chat and a prompt have in common. <c>keep_alive</c> and the options that would load a model anew, such as <c>num_ctx</c>, are accepted and change
/// nothing.
/// </summary>
internal static class OllamaRequest
{
    /// <summary>Whether the answer comes in pieces, which it does unless the request says no.</summary>
    public static bool Stream(BodyObject body) => body.Flag("stream") ?? true;

    /// <summary>The most tokens of the answer, or null.</summary>
    public static int? MaxTokens(BodyObject body) => body.Object("options")?.Integer("num_predict", -2, int.MaxValue) is { } count and > 0 ? count : null;

    public static Sampling Sampling(BodyObject body) =>
        body.Object("options") is { } options ? OpenAI.Sampling.Read(options, "repeat_penalty") : new Sampling();

    /// <summary>The options of a chat.</summary>
    public static ChatOptions Options(BodyObject body)
    {
        var options = new ChatOptions { MaxOutputTokens = MaxTokens(body), ResponseFormat = Format(body) };
        Sampling(body).ApplyTo(options);
        ToolReader.Read(body, options);
        return options;
    }

    private static ChatResponseFormatJson? Format(BodyObject body) => body.Find("format") switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } schema => ChatResponseFormat.ForJsonSchema(schema.Clone()),
        { ValueKind: JsonValueKind.String } name when name.GetString() is "" => null,
        { ValueKind: JsonValueKind.String } name when name.GetString() is "json" => ChatResponseFormat.Json,
        _ => throw body.Wrong("format", "\"json\" or a JSON schema"),
    };
}
