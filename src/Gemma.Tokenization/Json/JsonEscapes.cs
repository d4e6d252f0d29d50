using System.Globalization;
using System.Text;

namespace Gemma.Json;

/// <summary>Takes the escapes out of JSON strings, whatever they hold: halves of surrogate pairs too, which System.Text.Json refuses.</summary>
internal static class JsonEscapes
{
    private const int CodeLength = 4;

    /// <summary>The text of a string.</summary>
    /// <param name="inside">What stands between its quotes, valid JSON.</param>
    public static string Decode(ReadOnlySpan<char> inside)
    {
        var text = new StringBuilder(inside.Length);
        for (var i = 0; i < inside.Length; i++)
        {
            if (inside[i] != '\\')
            {
                text.Append(inside[i]);
                continue;
            }

            i++;
            text.Append(inside[i] switch
            {
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => (char)ushort.Parse(inside.Slice(i + 1, CodeLength), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                var other => other,
            });
            if (inside[i] == 'u') i += CodeLength;
        }

        return text.ToString();
    }
}
