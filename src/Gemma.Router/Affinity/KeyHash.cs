using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace Gemma.Router.Affinity;

/// <summary>Hashes parts of a request as they are written: a client repeats them byte by byte. Not safe for concurrent use.</summary>
internal sealed class KeyHash : IDisposable
{
    private static ReadOnlySpan<byte> Separator => [0];

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public RoutingKey Finish() => new(_hash.GetHashAndReset());

    public void Add(ReadOnlySpan<byte> part)
    {
        _hash.AppendData(part);
        _hash.AppendData(Separator);
    }

    /// <summary>Adds a property; an absent one and null count as an empty one.</summary>
    /// <returns>Whether there is a value.</returns>
    public bool Add(JsonElement parent, string name)
    {
        var found = parent.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null;
        Add(found ? JsonMarshal.GetRawUtf8Value(value) : default);
        return found;
    }

    /// <summary>Adds a message's content. A list of one text is that text: clients write both.</summary>
    public void AddContent(JsonElement message)
    {
        if (message.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.Array && content.GetArrayLength() == 1
            && content[0].ValueKind == JsonValueKind.Object && content[0].TryGetProperty("text", out var text)) Add(JsonMarshal.GetRawUtf8Value(text));
        else Add(message, "content");
    }

    /// <summary>Adds the beginning of a value.</summary>
    public void AddStart(JsonElement value, int length)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value);
        Add(raw.Length > length ? raw[..length] : raw);
    }

    public void Dispose() => _hash.Dispose();
}
