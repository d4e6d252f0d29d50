using System.Text;
using System.Text.Json;
using Gemma.Json;

namespace Gemma.Cli.Infrastructure;

/// <summary>Reads JSON strings as UTF-16, whatever they hold.</summary>
internal static class JsonText
{
    /// <summary>Makes sure that every name of a document can be compared. Its texts may hold lone surrogates; <see cref="Read"/> takes them.</summary>
    /// <exception cref="JsonException">A name holds one.</exception>
    public static void CheckNames(string document)
    {
        if (!document.Contains("\\u", StringComparison.Ordinal)) return;
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(document));
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueIsEscaped) WellFormedJson.Check(reader.ValueSpan);
        }
    }

    /// <summary>The text of a string. Unlike <see cref="JsonElement.GetString"/> it takes escaped lone surrogates, as Python writes them.</summary>
    public static string Read(JsonElement value)
    {
        var raw = value.GetRawText().AsSpan()[1..^1];
        if (!raw.Contains("\\u", StringComparison.Ordinal)) return value.GetString()!;
        return JsonEscapes.Decode(raw);
    }
}
