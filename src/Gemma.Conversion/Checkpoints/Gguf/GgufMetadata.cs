using System.Globalization;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>A GGUF file's keys and values, read with checks; errors name the key.</summary>
internal sealed class GgufMetadata(CheckpointFile file, GgufFormat format, IReadOnlyDictionary<string, object> values)
{
    /// <summary>Everything, as <see cref="GgufCursor.ReadValue"/> gives it.</summary>
    public IReadOnlyDictionary<string, object> Values => values;

    /// <summary>The file, for messages.</summary>
    public string Path => file.Path;

    /// <summary>Whether a key is there.</summary>
    public bool Has(string key) => values.ContainsKey(key);

    /// <summary>A whole number of any integer type, or null if the key is missing.</summary>
    /// <exception cref="InvalidModelException">It is something else, or out of range.</exception>
    public int? Integer(string key, int minimum, int maximum) => values.TryGetValue(key, out var value) ? Integer(key, value, minimum, maximum) : null;

    /// <summary>A whole number that all layers share: one, or an array with one for each layer. Null if the key is missing.</summary>
    /// <exception cref="InvalidModelException">It is something else, out of range, or differs between layers.</exception>
    public int? SharedInteger(string key, int minimum, int maximum, int layers)
    {
        if (LayerIntegers(key, minimum, maximum, layers) is not { } items) return null;
        return items.Distinct().Count() == 1
            ? items[0]
            : throw Error(key, $"layers differ ({items.Min()} to {items.Max()}), which no model of this architecture has");
    }

    /// <summary>A whole number for each layer: one for all, or an array. Null if the key is missing.</summary>
    /// <exception cref="InvalidModelException">It is something else, or out of range.</exception>
    public IReadOnlyList<int>? LayerIntegers(string key, int minimum, int maximum, int layers)
    {
        if (!values.TryGetValue(key, out var value)) return null;
        if (value is not GgufArray array) return [.. Enumerable.Repeat(Integer(key, value, minimum, maximum), layers)];
        if (array.Count != layers) throw Error(key, $"the array has {array.Count} items for {layers} layers");
        return Read(array, cursor => Integer(key, cursor.ReadValue(array.ElementType), minimum, maximum));
    }

    /// <summary>A finite number of any type, or null if the key is missing.</summary>
    /// <exception cref="InvalidModelException">It is something else.</exception>
    public double? Number(string key) => !values.TryGetValue(key, out var value) ? null : value switch
    {
        double number when double.IsFinite(number) => number,
        long number => number,
        ulong number => number,
        _ => throw Error(key, $"a number is expected, not {Describe(value)}"),
    };

    /// <summary>A text, or null if the key is missing.</summary>
    /// <exception cref="InvalidModelException">It is something else.</exception>
    public string? Text(string key) =>
        !values.TryGetValue(key, out var value) ? null : value as string ?? throw Error(key, $"a text is expected, not {Describe(value)}");

    /// <summary>A flag, or null if the key is missing.</summary>
    /// <exception cref="InvalidModelException">It is something else.</exception>
    public bool? Flag(string key) =>
        !values.TryGetValue(key, out var value) ? null : value as bool? ?? throw Error(key, $"true or false is expected, not {Describe(value)}");

    /// <summary>An array, or null if the key is missing.</summary>
    /// <exception cref="InvalidModelException">It is something else.</exception>
    public GgufArray? Array(string key, params ReadOnlySpan<GgufValueType> types)
    {
        if (!values.TryGetValue(key, out var value)) return null;
        return value is GgufArray array && types.Contains(array.ElementType)
            ? array
            : throw Error(key, $"an array of {string.Join(" or ", types.ToArray())} is expected, not {Describe(value)}");
    }

    /// <summary>Reads an array's items one after the other.</summary>
    public List<T> Read<T>(GgufArray array, Func<GgufCursor, T> read)
    {
        var cursor = new GgufCursor(file, format, array.Position);
        List<T> items = [];
        for (var i = 0L; i < array.Count; i++) items.Add(read(cursor));
        return items;
    }

    /// <summary>The error for a key.</summary>
    public InvalidModelException Error(string key, string problem) => file.Error(key, problem);

    private static string Describe(object value) => value switch
    {
        GgufArray array => $"an array of {array.ElementType}",
        string => "a text",
        bool => "a flag",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private int Integer(string key, object value, int minimum, int maximum)
    {
        if (value is not (long or ulong)) throw Error(key, $"a whole number is expected, not {Describe(value)}");
        var number = value is ulong unsigned ? (Int128)unsigned : (long)value;
        return number >= minimum && number <= maximum ? (int)number : throw Error(key, $"{Describe(value)} is not between {minimum} and {maximum}");
    }
}
