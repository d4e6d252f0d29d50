namespace Gemma.Runtime.Generation.Constraints.Numbers;

/// <summary>The formats of numbers, as OpenAPI and .NET name them.</summary>
internal static class NumberFormats
{
    /// <summary>The range of a format, or null if it is none of a number with limits.</summary>
    public static NumberRange? Range(string format) => format switch
    {
        "int8" => Of(sbyte.MinValue, sbyte.MaxValue),
        "uint8" => Of(byte.MinValue, byte.MaxValue),
        "int16" => Of(short.MinValue, short.MaxValue),
        "uint16" => Of(ushort.MinValue, ushort.MaxValue),
        "int32" => Of(int.MinValue, int.MaxValue),
        "uint32" => Of(uint.MinValue, uint.MaxValue),
        "int64" => Of(long.MinValue, long.MaxValue),
        "uint64" => Of(ulong.MinValue, ulong.MaxValue),
        _ => null,
    };

    /// <summary>Whether a format of numbers says nothing about which of them follow it.</summary>
    public static bool IsAnnotation(string format) =>
        format is "float" or "double" or "decimal" or "number" or "int" or "integer" or "float16" or "float32" or "float64" or "decimal128";

    private static NumberRange Of(decimal low, decimal high) => new(IsInteger: true, Low: low, High: high);
}
