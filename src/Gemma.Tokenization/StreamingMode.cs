namespace Gemma.Tokenization;

/// <summary>When a <see cref="StreamingDecoder"/> gives out the text of byte pieces.</summary>
/// <remarks>
/// A character without a piece of its own comes as one piece per UTF-8 byte. transformers decodes a whole run of such pieces at once: if any byte in it is
/// invalid, every byte becomes U+FFFD.
/// A stream that has given out part of a run cannot take it back.
/// </remarks>
public enum StreamingMode
{
    /// <summary>
    /// A character is given out with its last byte. The text equals the full decode unless a run holds valid characters before an invalid byte, which no
    /// encoded text does.
    /// </summary>
    Eager,

    /// <summary>A run is held until another piece ends it, or the flush. The text always equals the full decode.</summary>
    Exact,
}
