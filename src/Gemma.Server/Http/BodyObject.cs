using System.Globalization;
using System.Text.Json;
using Gemma.Server.Errors;

namespace Gemma.Server.Http;

/// <summary>
/// An object of a request's body whose values are checked as they are read; errors name the field as OpenAI does (<c>messages[0].content</c>). Null counts as
/// absent.
/// </summary>
internal readonly struct BodyObject(JsonElement element, string? path)
{
    public JsonElement Element => element;

    public string? Path => path;

    public JsonElement? Find(string name) => element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public bool Has(string name) => Find(name) is not null;

    public string? Text(string name) => Find(name) is { } value ? Text(value, Key(name)) : null;

    public string RequiredText(string name) => Text(name) ?? throw ApiException.Invalid(Key(name), $"'{Key(name)}' is missing.");

    public bool? Flag(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Wrong(name, "true or false"),
    };

    public int? Integer(string name, int minimum, int maximum)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var number)) throw Wrong(name, "an integer");
        return number >= minimum && number <= maximum
            ? (int)number
            : throw ApiException.Invalid(Key(name), $"'{Key(name)}' is {number}, but must be from {minimum} to {maximum}.");
    }

    public long? Long(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt64(out var number) => number,
        _ => throw Wrong(name, "a 64-bit integer"),
    };

    public float? Number(string name, double minimum, double maximum)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || !double.IsFinite(number)) throw Wrong(name, "a number");
        if (number >= minimum && number <= maximum) return (float)number;
        throw ApiException.Invalid(Key(name),
            string.Create(CultureInfo.InvariantCulture, $"'{Key(name)}' is {number}, but must be from {minimum} to {maximum}."));
    }

    public BodyObject? Object(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new BodyObject(value, Key(name)),
        _ => throw Wrong(name, "an object"),
    };

    /// <summary>The objects of a list; null if it is absent.</summary>
    public IReadOnlyList<BodyObject>? Objects(string name)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Array) throw Wrong(name, "a list of objects");
        var list = new List<BodyObject>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
        {
            var itemPath = string.Create(CultureInfo.InvariantCulture, $"{Key(name)}[{list.Count}]");
            list.Add(item.ValueKind == JsonValueKind.Object
                ? new BodyObject(item, itemPath)
                : throw ApiException.Invalid(itemPath, $"'{itemPath}' must be an object."));
        }

        return list;
    }

    /// <summary>One text or a list of texts; null if it is absent.</summary>
    public IReadOnlyList<string>? Texts(string name)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.String) return [Text(value, Key(name))];
        if (value.ValueKind != JsonValueKind.Array) throw Wrong(name, "a string or a list of strings");
        var key = Key(name);
        return [.. value.EnumerateArray().Select((item, index) => Text(item, string.Create(CultureInfo.InvariantCulture, $"{key}[{index}]")))];
    }

    public string Key(string name) => path is null ? name : $"{path}.{name}";

    public ApiException Wrong(string name, string expected) => ApiException.Invalid(Key(name), $"'{Key(name)}' must be {expected}.");

    public static string Text(JsonElement value, string key) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw ApiException.Invalid(key, $"'{key}' must be a string.");
}
