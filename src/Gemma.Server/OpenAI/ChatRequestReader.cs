using System.Text.Json;
using Gemma.Runtime.Chat;
using Gemma.Server.Errors;
using Gemma.Server.Http;
using Microsoft.Extensions.AI;

namespace Gemma.Server.OpenAI;

/// <summary>
/// Reads <c>POST /v1/chat/completions</c>. Unknown fields are ignored, as clients send many; what is known and cannot be honoured is refused.
/// </summary>
internal static class ChatRequestReader
{
    private const int MaxAlternatives = 20;

    public static ChatRequest Read(BodyObject body, GemmaServerOptions options)
    {
        var stream = body.Flag("stream") ?? false;
        var alternatives = body.Integer("top_logprobs", 0, MaxAlternatives);
        if (body.Flag("logprobs") is not true)
        {
            if (alternatives is not null) throw ApiException.Invalid("top_logprobs", "'top_logprobs' needs 'logprobs': true.");
        }
        else
        {
            alternatives ??= 0;
        }

        RefuseModalities(body);
        var choices = body.Integer("n", 1, options.MaxChoices) ?? 1;
        var chat = Options(body, choices, alternatives);
        var messages = ChatMessageReader.Read(body);
        if (Continuation.Read(body, messages)) (chat.AdditionalProperties ??= [])[Continuation.Property] = true;
        return new ChatRequest
        {
            Model = body.Text("model"),
            Messages = messages,
            Options = chat,
            Stream = stream,
            IncludeUsage = body.Object("stream_options")?.Flag("include_usage") ?? false,
            Choices = choices,
            TopLogProbabilities = alternatives,
        };
    }

    private static ChatOptions Options(BodyObject body, int choices, int? alternatives)
    {
        var chat = new ChatOptions
        {
            MaxOutputTokens = body.Integer("max_completion_tokens", 1, int.MaxValue) ?? body.Integer("max_tokens", 1, int.MaxValue),
            ResponseFormat = ResponseFormatReader.Read(body.Object("response_format")),
        };
        Sampling.Read(body).ApplyTo(chat);
        ToolReader.Read(body, chat);
        var properties = chat.AdditionalProperties ?? [];
        if (body.Find("chat_template_kwargs") is { } kwargs) properties["chat_template_kwargs"] = kwargs.Clone();
        if (choices > 1) (properties["n"], properties[ChatSettings.InterleavesAnswersKey]) = (choices, true);
        if (alternatives is { } count) properties["top_logprobs"] = count;
        if (properties.Count > 0) chat.AdditionalProperties = properties;
        return chat;
    }

    private static void RefuseModalities(BodyObject body)
    {
        foreach (var modality in body.Texts("modalities") ?? [])
        {
            if (modality != "text")
                throw ApiException.Invalid("modalities", $"The modality '{modality}' is not supported: only text is.", "unsupported_parameter");
        }

        if (body.Find("functions") is { ValueKind: JsonValueKind.Array })
            throw ApiException.Invalid("functions", "'functions' is no longer used: send 'tools'.", "unsupported_parameter");
    }
}
