using System.Security.Cryptography;
using System.Text;

namespace Gemma.Runtime.Prompts;

/// <summary>Brings a Jinja template to a form in which two that differ only in layout are equal.</summary>
/// <remarks>
/// As transformers renders templates: a newline after a block tag and the indentation before one do not count (trim_blocks, lstrip_blocks), nor does white
/// space beside a dash, nor one newline at the end.
/// Inside tags, white space counts only in string literals, whose quotes and newlines are unified.
/// </remarks>
internal static class JinjaText
{
    private const string BosTag = "{{bos_token}}";

    /// <summary>A fingerprint of a template's normal form, without the BOS that some copies leave to the tokenizer.</summary>
    public static string Fingerprint(string template)
    {
        var text = Normalize(template);
        if (text.StartsWith(BosTag, StringComparison.Ordinal)) text = text[BosTag.Length..];
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The normal form.</summary>
    public static string Normalize(string template)
    {
        var rest = template.ReplaceLineEndings("\n");
        if (rest.EndsWith('\n')) rest = rest[..^1];
        var result = new StringBuilder();
        var (trimNext, afterBlock) = (false, false);
        while (true)
        {
            var open = FindTag(rest);
            var text = open < 0 ? rest : rest[..open];
            if (trimNext) text = text.TrimStart();
            else if (afterBlock && text.StartsWith('\n')) text = text[1..];
            if (open < 0) return result.Append(text).ToString();

            var kind = rest[open + 1];
            var close = rest.IndexOf(kind == '{' ? "}}" : kind + "}", open + 2, StringComparison.Ordinal);
            if (close < 0) return result.Append(rest).ToString();
            var tag = rest[(open + 2)..close];
            if (tag.StartsWith('-')) text = text.TrimEnd();
            else if (kind != '{') text = WithoutIndentation(text);
            trimNext = tag.EndsWith('-');
            afterBlock = kind != '{';
            result.Append(text);
            if (kind != '#') result.Append('{').Append(kind).Append(NormalizeTag(tag.Trim('-'))).Append(kind == '{' ? '}' : kind).Append('}');
            rest = rest[(close + 2)..];
        }
    }

    private static int FindTag(string text)
    {
        for (var i = 0; i + 1 < text.Length; i++)
        {
            if (text[i] == '{' && text[i + 1] is '{' or '%' or '#') return i;
        }

        return -1;
    }

    private static string WithoutIndentation(string text)
    {
        var trimmed = text.TrimEnd(' ', '\t');
        return trimmed.Length == 0 || trimmed[^1] == '\n' ? trimmed : text;
    }

    private static string NormalizeTag(string tag)
    {
        var result = new StringBuilder();
        for (var i = 0; i < tag.Length; i++)
        {
            if (tag[i] is '\'' or '"')
            {
                i = AppendLiteral(result, tag, i);
            }
            else if (!char.IsWhiteSpace(tag[i]))
            {
                if (i > 0 && char.IsWhiteSpace(tag[i - 1]) && result.Length > 0 && IsWord(result[^1]) && IsWord(tag[i])) result.Append(' ');
                result.Append(tag[i]);
            }
        }

        return result.ToString();
    }

    private static bool IsWord(char character) => char.IsAsciiLetterOrDigit(character) || character == '_';

    // Returns the place of the closing quote.
    private static int AppendLiteral(StringBuilder result, string tag, int start)
    {
        result.Append('\'');
        var i = start + 1;
        for (; i < tag.Length && tag[i] != tag[start]; i++)
        {
            if (tag[i] == '\n') result.Append("\\n");
            else if (tag[i] == '\'') result.Append("\\'");
            else if (tag[i] == '\\' && i + 1 < tag.Length && tag[i + 1] == '"') result.Append(tag[++i]);
            else if (tag[i] == '\\' && i + 1 < tag.Length) result.Append(tag[i]).Append(tag[++i]);
            else result.Append(tag[i]);
        }

        result.Append('\'');
        return i;
    }
}
