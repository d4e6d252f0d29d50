using System.Globalization;
using System.Text.Json;
using Gemma.IO;

namespace Gemma.Json;

/// <summary>An object in a JSON file whose values are checked as they are read; errors name the file and the key.</summary>
internal readonly struct JsonSection(string path, string prefix, JsonElement element)
{
    private const long MaxFileBytes = 64 << 20;

    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false };

    /// <summary>Whether the key is there and not null.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>Whether the key is there and null.</summary>
    public bool IsNull(string key) => element.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Null;

    /// <summary>Reads a whole file. Comments, duplicate keys and deep nesting are errors.</summary>
    public static JsonDocument Load(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists) throw new InvalidModelException(path, null, "the file is missing");
        if (file.Length > MaxFileBytes) throw new InvalidModelException(path, null, $"the file is {file.Length} bytes long, more than any configuration");
        RegularFile.Ensure(path);
        var content = File.ReadAllBytes(path);
        DownloadedFile.Check(path, content);
        return Parse(path, content);
    }

    /// <summary>Reads JSON that is in memory, by the same rules.</summary>
    public static JsonDocument Parse(string path, ReadOnlyMemory<byte> json) => Parse(path, () =>
    {
        try
        {
            return WellFormedJson.Parse(json, Options);
        }
        catch (JsonException) when (PythonNumbers.Quote(json.Span) is { } quoted)
        {
            return WellFormedJson.Parse(quoted, Options);
        }
    });

    /// <summary>The root object of a document.</summary>
    public static JsonSection Root(string path, JsonDocument document) => document.RootElement.ValueKind == JsonValueKind.Object
        ? new(path, string.Empty, document.RootElement)
        : throw new InvalidModelException(path, null, "a JSON object is expected");

    /// <summary>A nested object, or null if it is missing, null or empty.</summary>
    public JsonSection? Section(string key)
    {
        if (Find(key) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Object) throw Error(key, "an object is expected");
        return value.GetPropertyCount() == 0 ? null : new JsonSection(path, Key(key) + ".", value);
    }

    /// <summary>An object that is the value of a key, or stands in its list.</summary>
    public JsonSection Of(string key, JsonElement value) => new(path, Key(key) + ".", value);

    /// <summary>An integer in a range.</summary>
    public int Int(string key, int? defaultValue, int minimum, int maximum)
    {
        if (Find(key) is not { } value) return defaultValue ?? throw Error(key, "the key is missing");
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var number)) throw Error(key, $"an integer is expected, not {Shown(value)}");
        return number >= minimum && number <= maximum ? (int)number : throw Error(key, $"{number} is outside {minimum} to {maximum}");
    }

    /// <summary>A number inside an open-closed range (minimum, maximum].</summary>
    public double Number(string key, double? defaultValue, double minimum, double maximum)
    {
        if (Find(key) is not { } value) return defaultValue ?? throw Error(key, "the key is missing");
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number)) throw Error(key, $"a number is expected, not {Shown(value)}");
        return number > minimum && number <= maximum
            ? number
            : throw Error(key, string.Create(CultureInfo.InvariantCulture, $"{number} is not above {minimum} and at most {maximum}"));
    }

    /// <summary>True or false.</summary>
    public bool Flag(string key, bool defaultValue) => Find(key) switch
    {
        null => defaultValue,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw Error(key, $"true or false is expected, not {Shown(value)}"),
    };

    /// <summary>A string, or null.</summary>
    public string? Text(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        { } value => throw Error(key, $"a string is expected, not {Shown(value)}"),
    };

    /// <summary>A list of strings, empty if it is missing.</summary>
    public IReadOnlyList<string> Texts(string key)
    {
        if (Find(key) is not { } value) return [];
        if (value.ValueKind != JsonValueKind.Array) throw Error(key, "a list of strings is expected");
        var section = this;
        return [.. value.EnumerateArray()
            .Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw section.Error(key, "a list of strings is expected"))];
    }

    /// <summary>A list of integers, empty if it is missing.</summary>
    public IReadOnlyList<long> Integers(string key)
    {
        if (Find(key) is not { } value) return [];
        if (value.ValueKind != JsonValueKind.Array) throw Error(key, "a list of integers is expected");
        var section = this;
        return [.. value.EnumerateArray()
            .Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var number)
                ? number
                : throw section.Error(key, "a list of integers is expected"))];
    }

    /// <summary>Token ids: one integer or a list, empty if it is missing. Ids beyond the vocabulary are in no text and left out.</summary>
    public IReadOnlyList<int> TokenIds(string key, int vocabularySize)
    {
        if (Find(key) is not { } value) return [];
        var section = this;
        return [.. (value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().AsEnumerable() : [value])
            .Select(item => section.Token(key, item))
            .Where(id => id < vocabularySize)];
    }

    /// <summary>The properties, in the file's order.</summary>
    public JsonElement.ObjectEnumerator Properties() => element.EnumerateObject();

    /// <summary>The error for a key of this object.</summary>
    public InvalidModelException Error(string key, string problem) => new(path, Key(key), problem);

    private static JsonDocument Parse(string path, Func<JsonDocument> parse)
    {
        try
        {
            return parse();
        }
        catch (JsonException e)
        {
            throw new InvalidModelException(path, null, $"this is not valid JSON: {FirstLine(e.Message)}", e);
        }
    }

    private static string FirstLine(string text) => text.AsSpan().IndexOfAny('\r', '\n') is var end and >= 0 ? text[..end] : text.TrimEnd('.');

    private static string Shown(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length <= 40 ? text : $"a {value.ValueKind}";
    }

    private int Token(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var id) && id >= 0 ? id : throw Error(key, $"{Shown(value)} is not a token id");

    private string Key(string key) => prefix + key;

    private JsonElement? Find(string key) => element.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
