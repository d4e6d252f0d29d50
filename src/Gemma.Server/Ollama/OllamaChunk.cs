using System.Text.Json;
using Gemma.Runtime.Generation;
using Gemma.Server.Http;

namespace Gemma.Server.Ollama;

/// <summary>The pieces of one answer: model and time in each, counts and durations (in nanoseconds) in the last.</summary>
internal sealed class OllamaChunk(RequestContext request, string model)
{
    private const long NanosecondsPerTick = 1_000_000_000 / TimeSpan.TicksPerSecond;

    private readonly long _started = request.Time.GetTimestamp();

    /// <summary>A piece of an unfinished answer.</summary>
    public void Write(Utf8JsonWriter json, Action<Utf8JsonWriter> writeContent)
    {
        Begin(json, writeContent);
        json.WriteBoolean("done", false);
        json.WriteEndObject();
    }

    /// <summary>The end, or a whole answer.</summary>
    public void WriteEnd(Utf8JsonWriter json, Action<Utf8JsonWriter> writeContent, string reason, GenerationSummary? summary)
    {
        var total = request.Time.GetElapsedTime(_started);
        Begin(json, writeContent);
        json.WriteBoolean("done", true);
        json.WriteString("done_reason", reason);
        json.WriteNumber("total_duration", Nanoseconds(total));
        json.WriteNumber("load_duration", 0);
        if (summary is not null)
        {
            json.WriteNumber("prompt_eval_count", summary.InputTokens);
            json.WriteNumber("prompt_eval_duration", Nanoseconds(summary.TimeToFirstToken));
            json.WriteNumber("eval_count", summary.OutputTokens);
            json.WriteNumber("eval_duration", Nanoseconds(summary.Duration - summary.TimeToFirstToken));
        }

        json.WriteEndObject();
    }

    /// <summary>Why an answer ended, in Ollama's word.</summary>
    public static string Reason(GenerationSummary? summary) => summary?.FinishReason == GenerationFinishReason.Length ? "length" : "stop";

    private void Begin(Utf8JsonWriter json, Action<Utf8JsonWriter> writeContent)
    {
        json.WriteStartObject();
        json.WriteString("model", model);
        json.WriteString("created_at", request.Time.GetUtcNow());
        writeContent(json);
    }

    private static long Nanoseconds(TimeSpan time) => time.Ticks * NanosecondsPerTick;
}
