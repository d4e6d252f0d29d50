using System.Text.Json;
using Gemma.Server.Catalog;
using Gemma.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma.Server.OpenAI;

/// <summary>What all frames of one chat answer share, and how its parts are written.</summary>
internal sealed class ChatAnswer(ServedModel model, string modelName, long created)
{
    private readonly string _id = $"chatcmpl-{Guid.NewGuid():N}";
    private string? _fingerprint;

    // The package: with another one, the same request may have another answer.
    private string? Fingerprint => _fingerprint ??= model.Source.Loaded is { } loaded ? $"fp_{new ModelDetails(loaded).Digest[..16]}" : null;

    /// <summary>The model's tokenizer, once it is loaded.</summary>
    public GemmaTokenizer? Tokenizer => model.Source.Loaded?.Tokenizer;

    /// <summary>Starts an object with id, kind, time and model.</summary>
    public void WriteHeader(Utf8JsonWriter json, string kind)
    {
        json.WriteStartObject();
        json.WriteString("id", _id);
        json.WriteString("object", kind);
        json.WriteNumber("created", created);
        json.WriteString("model", modelName);
        json.WriteString("system_fingerprint", Fingerprint);
    }

    public static void WriteUsage(Utf8JsonWriter json, UsageDetails? usage)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", usage?.InputTokenCount ?? 0);
        json.WriteNumber("completion_tokens", usage?.OutputTokenCount ?? 0);
        json.WriteNumber("total_tokens", (usage?.InputTokenCount ?? 0) + (usage?.OutputTokenCount ?? 0));
        json.WriteStartObject("prompt_tokens_details");
        json.WriteNumber("cached_tokens", usage?.CachedInputTokenCount ?? 0);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>OpenAI's word for why an answer ended.</summary>
    public static string FinishReason(ChatFinishReason? reason) => reason?.Value switch
    {
        "length" => "length",
        "tool_calls" => "tool_calls",
        "content_filter" => "content_filter",
        _ => "stop",
    };

    /// <summary>The log-probabilities of tokens, or null.</summary>
    public void WriteLogProbabilities(Utf8JsonWriter json, IReadOnlyList<SpelledToken>? tokens)
    {
        if (tokens is null)
        {
            json.WriteNull("logprobs");
            return;
        }

        json.WriteStartObject("logprobs");
        json.WriteStartArray("content");
        foreach (var token in tokens) TokenJson.Write(json, Tokenizer, token);
        json.WriteEndArray();
        json.WriteNull("refusal");
        json.WriteEndObject();
    }
}
