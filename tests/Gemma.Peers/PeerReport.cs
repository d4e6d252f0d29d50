using System.Text.Json;

namespace Gemma.Peers;

/// <summary>The figures of <c>gemma bench --json</c> that a peer has, too.</summary>
/// <param name="Engine">The peer.</param>
/// <param name="LoadSeconds">From the file to the first request.</param>
internal sealed record PeerReport(string Engine, double LoadSeconds)
{
    public double? Prefill { get; init; }

    public double? Decode { get; init; }

    public double? Embed { get; init; }

    public IReadOnlyList<(int Sequences, double Speed)> Batches { get; init; } = [];

    /// <summary>Prints one JSON object.</summary>
    public void Print()
    {
        using (var json = new Utf8JsonWriter(Console.OpenStandardOutput()))
        {
            json.WriteStartObject();
            json.WriteString("engine", Engine);
            json.WriteNumber("load_seconds", LoadSeconds);
            if (Prefill is { } prefill) json.WriteNumber("prefill_tokens_per_second", prefill);
            if (Decode is { } decode) json.WriteNumber("decode_tokens_per_second", decode);
            if (Embed is { } embed) json.WriteNumber("embed_tokens_per_second", embed);
            json.WriteStartArray("batch");
            foreach (var (sequences, speed) in Batches)
            {
                json.WriteStartObject();
                json.WriteNumber("sequences", sequences);
                json.WriteNumber("decode_tokens_per_second", speed);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        Console.WriteLine();
    }
}
