namespace Gemma.Runtime.Generation.Constraints.Characters;

/// <summary>
/// The characters that nothing but a pattern tells apart inside a JSON string: of one UTF-16 unit, without quotes, escapes, control characters and line ends.
/// </summary>
internal static class PlainText
{
    /// <summary>The set of them.</summary>
    public static CharacterSet Set { get; } = CharacterSet.Of((0x20, 0x21), (0x23, 0x5B), (0x5D, 0x7E), (0xA0, 0x2027), (0x202A, 0xD7FF), (0xE000, 0xFFFF));

    /// <summary>Whether a code point is one.</summary>
    public static bool Contains(int codePoint) =>
        codePoint is >= 0x20 and <= 0xFFFF and not ('"' or '\\' or (>= 0x7F and < 0xA0) or 0x2028 or 0x2029 or (>= 0xD800 and < 0xE000));
}
