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
    // With the object around them as deep as JSON may be.
    private const int MaxDepth = 63;
    private int _position;

    /// <summary>The arguments.</summary>
    /// <param name="schema">
    /// Their schema, or null. The notation is written loosely: a number between marks is one if the schema says so, and bare digits are text if it says that.
    /// </param>
    public JsonElement Read(JsonElement? schema)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            if (!TryTake('{')) throw Error();
            WriteObject(writer, 0, new ValueSchema(schema));
        }

        SkipSpace();
        return _position == text.Length ? JsonElement.Parse(json.WrittenSpan) : throw Error();
    }

    private FormatException Error() => new(string.Create(CultureInfo.InvariantCulture, $"The arguments cannot be read at position {_position}: {text}"));

    private void WriteObject(Utf8JsonWriter writer, int depth, ValueSchema schema)
    {
        writer.WriteStartObject();
        while (!IsClosed('}'))
        {
            var key = LoneSurrogates.Replace(Key());
            writer.WritePropertyName(key);
            if (!TryTake(':')) throw Error();
            WriteValue(writer, depth + 1, schema.Member(key));
            if (!TryTake(',') && !IsEnd('}')) throw Error();
        }

        writer.WriteEndObject();
    }

    private void WriteValue(Utf8JsonWriter writer, int depth, ValueSchema schema)
    {
        if (depth > MaxDepth) throw Error();
        SkipSpace();
        if (TryTake('{'))
        {
            WriteObject(writer, depth, schema);
        }
        else if (TryTake('['))
        {
            writer.WriteStartArray();
            while (!IsClosed(']'))
            {
                WriteValue(writer, depth + 1, schema.Item());
                if (!TryTake(',') && !IsEnd(']')) throw Error();
            }

            writer.WriteEndArray();
        }
        else if (TryText() is { } value)
        {
            if (!schema.IsOther(value.Trim()) || !TryWriteJson(writer, value.Trim())) writer.WriteStringValue(LoneSurrogates.Replace(value));
        }
        else
        {
            WriteBare(writer, Until(",}]").Trim(), schema);
        }
    }

    // Not all that looks like a number is one of JSON, such as 007.
    private static bool TryWriteJson(Utf8JsonWriter writer, string word)
    {
        try
        {
            JsonElement.Parse(word).WriteTo(writer);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void WriteBare(Utf8JsonWriter writer, string word, ValueSchema schema)
    {
        if (word is "null") writer.WriteNullValue();
        else if (schema.IsText(word)) writer.WriteStringValue(LoneSurrogates.Replace(word));
        else if (word is "true" or "false") writer.WriteBooleanValue(word == "true");
        else if (schema.IsFlag && word is "True" or "False") writer.WriteBooleanValue(word == "True");
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
