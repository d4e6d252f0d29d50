using System.Globalization;
using System.Text;

namespace Gemma.Cli.Infrastructure;

/// <summary>Texts of files and servers on their way to a terminal, which nothing of them may control.</summary>
internal static class TerminalText
{
    /// <summary>Writes control characters, and those that turn the direction of writing, as escapes.</summary>
    public static string Escape(string text)
    {
        if (!text.Any(Controls)) return text;
        var escaped = new StringBuilder(text.Length + 8);
        foreach (var character in text)
        {
            if (!Controls(character)) escaped.Append(character);
            else escaped.Append(character switch
            {
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\e' => "\\e",
                _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
            });
        }

        return escaped.ToString();
    }

    private static bool Controls(char character) => char.IsControl(character) || character is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or
        (>= '\u2066' and <= '\u2069');
}
