using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Gemma.Json;

/// <summary>Puts U+FFFD for halves of surrogate pairs, which no tokenizer and no JSON reader takes.</summary>
internal static class LoneSurrogates
{
    private const int EscapeLength = 6;

    /// <summary>The text without them.</summary>
    public static string Replace(string text)
    {
        var isWhole = true;
        for (var i = 0; i < text.Length && isWhole; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            isWhole = i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i]);
        }

        // Decoding is what replaces.
        return isWhole ? text : string.Concat(text.EnumerateRunes());
    }

    /// <summary>The value without them, and without bytes that are not UTF-8.</summary>
    public static JsonElement Replace(JsonElement json)
    {
        var raw = JsonMarshal.GetRawUtf8Value(json);
        var text = Encoding.UTF8.GetString(raw);
        var whole = ReplaceInJson(text);
        return ReferenceEquals(text, whole) && Utf8.IsValid(raw) ? json : JsonElement.Parse(whole);
    }

    /// <summary>JSON without them, neither as they are nor as escapes.</summary>
    public static string ReplaceInJson(string json)
    {
        json = Replace(json);
        StringBuilder? whole = null;
        for (var i = 0; i < json.Length; i++)
        {
            var code = Escape(json, i);
            if (char.IsHighSurrogate(code) && char.IsLowSurrogate(Escape(json, i + EscapeLength)))
            {
                whole?.Append(json, i, 2 * EscapeLength);
                i += (2 * EscapeLength) - 1;
            }
            else if (char.IsSurrogate(code))
            {
                (whole ??= new StringBuilder(json, 0, i, json.Length)).Append('\uFFFD');
                i += EscapeLength - 1;
            }
            else
            {
                whole?.Append(json[i]);

                // A backslash takes the next character with it.
                if (json[i] == '\\' && ++i < json.Length) whole?.Append(json[i]);
            }
        }

        return whole?.ToString() ?? json;
    }

    // The code of \uXXXX at a place, or U+0000.
    private static char Escape(string json, int place)
    {
        if (place + EscapeLength > json.Length || json[place] != '\\' || json[place + 1] != 'u') return '\0';
        return ushort.TryParse(json.AsSpan(place + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) ? (char)code : '\0';
    }
}
