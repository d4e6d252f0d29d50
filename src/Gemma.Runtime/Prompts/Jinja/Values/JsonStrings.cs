using System.Text;
using System.Text.Json;

namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>Reads JSON strings whatever they hold: half a surrogate pair becomes U+FFFD.</summary>
internal static class JsonStrings
{
    public static string Read(JsonElement element)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Mend(element.GetRawText());
        }
    }

    public static string ReadName(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return "\uFFFD";
        }
    }

    private static string Mend(string raw)
    {
        var text = new StringBuilder(raw.Length);
        for (var i = 1; i < raw.Length - 1; i++)
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
                'u' => (char)Convert.ToUInt16(raw.Substring(i + 1, 4), 16),
                var other => other,
            });
            if (raw[i] == 'u') i += 4;
        }

        return WellFormed(text.ToString());
    }

    /// <summary>The text with U+FFFD for each half of a surrogate pair.</summary>
    public static string WellFormed(string text)
    {
        var index = IndexOfHalf(text, 0);
        if (index < 0) return text;
        var units = text.ToCharArray();
        for (; index >= 0; index = IndexOfHalf(text, index + 1)) units[index] = '\uFFFD';
        return new string(units);
    }

    private static int IndexOfHalf(string text, int from)
    {
        for (var i = from; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1])) i++;
            else return i;
        }

        return -1;
    }
}
