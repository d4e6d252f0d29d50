namespace Gemma.Json;

/// <summary>
/// Python writes numbers that JSON does not have, in keys that mostly nobody reads. As texts they are errors only where a number is asked for, and then of that
/// key.
/// </summary>
internal static class PythonNumbers
{
    /// <summary>Puts NaN, Infinity and -Infinity outside of texts in quotes; null if there are none.</summary>
    public static byte[]? Quote(ReadOnlySpan<byte> json)
    {
        List<byte>? quoted = null;
        var (written, isText) = (0, false);
        for (var i = 0; i < json.Length; i++)
        {
            if (json[i] == '"') isText = !isText;
            else if (isText && json[i] == '\\') i++;
            if (isText || NumberAt(json[i..]) is not (> 0 and var length)) continue;
            (quoted ??= []).AddRange(json[written..i]);
            quoted.Add((byte)'"');
            quoted.AddRange(json.Slice(i, length));
            quoted.Add((byte)'"');
            written = i + length;
            i = written - 1;
        }

        if (quoted is null) return null;
        quoted.AddRange(json[written..]);
        return [.. quoted];
    }

    // Its length, or 0.
    private static int NumberAt(ReadOnlySpan<byte> json) =>
        json.StartsWith("NaN"u8) ? 3 : json.StartsWith("Infinity"u8) ? 8 : json.StartsWith("-Infinity"u8) ? 9 : 0;
}
