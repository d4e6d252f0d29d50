using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Gemma.Json;

/// <summary>
/// JSON whose texts and names can all be read. System.Text.Json notices bytes that are not UTF-8 and halves of surrogate pairs only when a text is read, and
/// then throws
/// <see cref="InvalidOperationException"/>; here they are errors of the document, like a missing comma.
/// </summary>
internal static class WellFormedJson
{
    private const int EscapeLength = 6;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Parses a document; a byte order mark is skipped.</summary>
    /// <exception cref="JsonException">It is not JSON, or a text or name in it cannot be read.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8, JsonDocumentOptions options = default)
    {
        if (utf8.Span.StartsWith("\uFEFF"u8)) utf8 = utf8["\uFEFF"u8.Length..];
        Check(utf8.Span);
        return JsonDocument.Parse(utf8, options);
    }

    /// <summary>Parses a document.</summary>
    /// <exception cref="JsonException">It is not JSON, or a text or name in it cannot be read.</exception>
    public static JsonDocument Parse(string text, JsonDocumentOptions options = default)
    {
        try
        {
            return Parse(Strict.GetBytes(text), options);
        }
        catch (EncoderFallbackException e)
        {
            throw new JsonException("the text holds half of a surrogate pair", e);
        }
    }

    /// <summary>Checks a value that somebody else parsed.</summary>
    /// <exception cref="JsonException">A text or name in it cannot be read.</exception>
    public static void Check(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Undefined) Check(JsonMarshal.GetRawUtf8Value(value));
    }

    /// <summary>Checks the texts and names of a document.</summary>
    /// <exception cref="JsonException">One cannot be read.</exception>
    public static void Check(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8)) throw new JsonException("a text is not valid UTF-8");
        for (var at = utf8.IndexOf((byte)'\\'); at >= 0 && at + 1 < utf8.Length;)
        {
            var length = 2;
            if (utf8[at + 1] == 'u' && char.IsSurrogate(Escaped(utf8[at..])))
            {
                if (!char.IsSurrogatePair(Escaped(utf8[at..]), Escaped(utf8[Math.Min(at + EscapeLength, utf8.Length)..])))
                    throw new JsonException("a text holds half of a surrogate pair");
                length = 2 * EscapeLength;
            }

            var next = utf8[(at + length)..].IndexOf((byte)'\\');
            at = next < 0 ? -1 : at + length + next;
        }
    }

    // The character of \uXXXX at the beginning, or none.
    private static char Escaped(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length < EscapeLength || utf8[0] != '\\' || utf8[1] != 'u') return '\0';
        var value = 0;
        foreach (var digit in utf8[2..EscapeLength])
        {
            if (!char.IsAsciiHexDigit((char)digit)) return '\0';
            value = (value << 4) + (char.IsAsciiDigit((char)digit) ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        return (char)value;
    }
}
