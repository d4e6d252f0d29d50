using System.Text.Json;

namespace Gemma.Cli.Infrastructure;

/// <summary>Writes numbers and ids.</summary>
internal static class JsonNumbers
{
    /// <summary>A list of ids.</summary>
    public static void WriteIds(this Utf8JsonWriter json, string name, IEnumerable<int> ids)
    {
        json.WriteStartArray(name);
        foreach (var id in ids) json.WriteNumberValue(id);
        json.WriteEndArray();
    }

    /// <summary>A number with as many digits as it needs, nine at most; one that JSON has no form for becomes a string.</summary>
    public static void WriteFloat(this Utf8JsonWriter json, float value)
    {
        if (float.IsFinite(value)) json.WriteNumberValue(value);
        else json.WriteStringValue(Name(value));
    }

    /// <summary>A number, or null.</summary>
    public static void WriteDouble(this Utf8JsonWriter json, string name, double? value)
    {
        if (value is not { } number) json.WriteNull(name);
        else if (double.IsFinite(number)) json.WriteNumber(name, number);
        else json.WriteString(name, Name(number));
    }

    private static string Name(double value) => double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}
