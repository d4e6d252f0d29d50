using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Gemma.Json;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>
/// Reads the arguments of FunctionGemma's and Gemma 4's calls: <c>{key:value,…}</c> with texts between quote marks, numbers, true, false, null, lists and
/// objects. Generous where models are: blanks, keys in quotation or quote marks, texts without any, a missing last brace. Anything else is a
/// <see cref="FormatException"/>.
/// </summary>
/// <param name="text">From the brace on.</param>
/// <param name="quote">The quote mark.</param>
/// <param name="isCut">Whether the text may be cut off, so that its end closes nothing.</param>
internal sealed class NotationReader(string text, string quote, bool isCut)
{
    private const int MaxDepth = 64;
    private int _position;

    /// <summary>The arguments.</summary>
    public JsonElement Read()
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            if (!TryTake('{')) throw Error();
            WriteObject(writer, 0);
        }

        SkipSpace();
        return _position == text.Length ? JsonElement.Parse(json.WrittenSpan) : throw Error();
    }

    private FormatException Error() => new(string.Create(CultureInfo.InvariantCulture, $"The arguments cannot be read at position {_position}: {text}"));

    private void WriteObject(Utf8JsonWriter writer, int depth)
    {
        writer.WriteStartObject();
        while (!IsClosed('}'))
        {
            writer.WritePropertyName(LoneSurrogates.Replace(Key()));
            if (!TryTake(':')) throw Error();
            WriteValue(writer, depth + 1);
            if (!TryTake(',') && !IsEnd('}')) throw Error();
        }

        writer.WriteEndObject();
    }

    private void WriteValue(Utf8JsonWriter writer, int depth)
    {
        if (depth > MaxDepth) throw Error();
        SkipSpace();
        if (TryTake('{'))
        {
            WriteObject(writer, depth);
        }
        else if (TryTake('['))
        {
            writer.WriteStartArray();
            while (!IsClosed(']'))
            {
                WriteValue(writer, depth + 1);
                if (!TryTake(',') && !IsEnd(']')) throw Error();
            }

            writer.WriteEndArray();
        }
        else if (TryText() is { } value)
        {
            writer.WriteStringValue(LoneSurrogates.Replace(value));
        }
        else
        {
            WriteBare(writer, Until(",}]").Trim());
        }
    }

    private static void WriteBare(Utf8JsonWriter writer, string word)
    {
        if (word is "true" or "false") writer.WriteBooleanValue(word == "true");
        else if (word is "null") writer.WriteNullValue();
        else if (!WrittenNumber.TryWrite(writer, word)) writer.WriteStringValue(LoneSurrogates.Replace(word));
    }

    private string Key()
    {
        SkipSpace();
        var key = TryText() ?? Until(":,{}").Trim();
        return key.Length > 0 ? key : throw Error();
    }

    // A text between quote marks, or between quotation marks with JSON's escapes.
    private string? TryText()
    {
        if (string.CompareOrdinal(text, _position, quote, 0, quote.Length) == 0)
        {
            var end = text.IndexOf(quote, _position + quote.Length, StringComparison.Ordinal);
            if (end < 0) throw Error();
            var value = text[(_position + quote.Length)..end];
            _position = end + quote.Length;
            return value;
        }

        if (_position == text.Length || text[_position] != '"') return null;
        var close = _position + 1;
        while (close < text.Length && text[close] != '"') close += text[close] == '\\' ? 2 : 1;
        if (close >= text.Length) throw Error();
        try
        {
            var value = JsonElement.Parse(LoneSurrogates.ReplaceInJson(text[_position..(close + 1)])).GetString()!;
            _position = close + 1;
            return value;
        }
        catch (JsonException)
        {
            throw Error();
        }
    }

    private string Until(string ends)
    {
        var length = text.AsSpan(_position).IndexOfAny(ends);
        var part = length < 0 ? text[_position..] : text.Substring(_position, length);
        _position += part.Length;
        return part;
    }

    // The end of a whole text closes what is open.
    private bool IsClosed(char bracket) => TryTake(bracket) || (_position == text.Length && !isCut);

    private bool IsEnd(char bracket)
    {
        SkipSpace();
        return _position == text.Length ? !isCut : text[_position] == bracket;
    }

    private bool TryTake(char c)
    {
        SkipSpace();
        if (_position == text.Length || text[_position] != c) return false;
        _position++;
        return true;
    }

    private void SkipSpace()
    {
        while (_position < text.Length && char.IsWhiteSpace(text[_position])) _position++;
    }
}
