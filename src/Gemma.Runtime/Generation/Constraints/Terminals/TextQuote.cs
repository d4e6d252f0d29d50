namespace Gemma.Runtime.Generation.Constraints.Terminals;

/// <summary>What stands before and after a text.</summary>
/// <param name="Mark">Its bytes, at most seven; no text has the first of them unescaped.</param>
/// <param name="HasEscapes">Whether the text is written with the escapes of JSON; if not, it stands there as it is.</param>
internal sealed record TextQuote(byte[] Mark, bool HasEscapes)
{
    /// <summary>JSON's.</summary>
    public static TextQuote Json { get; } = new([(byte)'"'], HasEscapes: true);
}
