using System.Net;
using System.Text.RegularExpressions;

namespace Gemma.SemanticKernel.Classification;

/// <summary>What a rendered prompt says without the kernel's markup: message tags are dropped, encoded characters are decoded.</summary>
internal static partial class PromptPlainText
{
    public static string Of(string prompt) => WebUtility.HtmlDecode(Tags().Replace(prompt, string.Empty)).Trim();

    [GeneratedRegex("</?(message|text)(\\s[^<>]*)?>", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Tags();
}
