using System.Globalization;

namespace Gemma.Runtime.Generation.Constraints.Characters;

/// <summary>
/// What counts as a character. Validators count UTF-16 units, code points or graphemes; text that is long enough by the strictest of them is long enough for
/// all.
/// </summary>
internal static class Graphemes
{
    private static readonly Lazy<CharacterSet> LazyJoining = new(() => CharacterSet.Of(IsJoining).Union(CharacterSet.Of(
        (0x0E33, 0x0E33), (0x0EB3, 0x0EB3), (0x1100, 0x11FF), (0xA960, 0xA97F), (0xD7B0, 0xD7FF), (0xFF9E, 0xFF9F), (0x1F1E6, 0x1F1FF), (0x1F3FB, 0x1F3FF))));

    /// <summary>Code points that may join with the one before or after them: marks, formats, controls, parts of syllables and flags.</summary>
    public static CharacterSet Joining => LazyJoining.Value;

    private static bool IsJoining(UnicodeCategory category) =>
        category is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
        or UnicodeCategory.Format or UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.OtherNotAssigned;
}
