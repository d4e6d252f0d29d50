using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Gemma.Cli.Infrastructure;

/// <summary>Reads JSON strings as UTF-16, whatever they hold.</summary>
internal static class JsonText
{
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
