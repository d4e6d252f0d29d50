using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma.Server.OpenAI;

/// <summary>What all frames of one text completion share.</summary>
internal sealed class CompletionFrame(string model, long created)
{
    private readonly string _id = $"cmpl-{Guid.NewGuid():N}";

    public void Begin(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id", _id);
        json.WriteString("object", "text_completion");
        json.WriteNumber("created", created);
        json.WriteString("model", model);
        json.WriteStartArray("choices");
    }

    public static void End(Utf8JsonWriter json, UsageDetails? usage)
    {
        json.WriteEndArray();
        if (usage is not null) ChatAnswer.WriteUsage(json, usage);
        json.WriteEndObject();
    }
}
