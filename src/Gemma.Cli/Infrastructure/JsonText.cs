using System.Globalization;
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
        var text = new StringBuilder(raw.Length);
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '\\')
            {
                text.Append(raw[i]);
                continue;
            }

            i++;
            text.Append(raw[i] switch
            {
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => (char)ushort.Parse(raw.Slice(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                var other => other,
            });
            if (raw[i] == 'u') i += 4;
        }

        return text.ToString();
    }
}
