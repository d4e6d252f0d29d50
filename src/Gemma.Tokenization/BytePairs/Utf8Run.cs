using System.Text;
using System.Text.Unicode;

namespace Gemma.Tokenization.BytePairs;

/// <summary>
/// The text of a run of byte pieces, by the rule of tokenizers' <c>ByteFallback</c> decoder: valid UTF-8 as it is, otherwise one U+FFFD for every byte.
/// </summary>
internal static class Utf8Run
{
    /// <summary>The text of a whole run.</summary>
    public static string GetText(ReadOnlySpan<byte> run) => Utf8.IsValid(run) ? Encoding.UTF8.GetString(run) : new string('\uFFFD', run.Length);
}
