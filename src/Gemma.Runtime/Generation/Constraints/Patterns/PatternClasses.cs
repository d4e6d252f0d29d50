using System.Globalization;
using Gemma.Runtime.Generation.Constraints.Characters;

namespace Gemma.Runtime.Generation.Constraints.Patterns;

/// <summary>The classes that have a letter.</summary>
internal static class PatternClasses
{
    private static readonly Lazy<PatternClass> LazyDigits = new(() =>
        new(CharacterSet.Of(('0', '9')), CharacterSet.Of(category => category == UnicodeCategory.DecimalDigitNumber)));

    private static readonly Lazy<PatternClass> LazyWords = new(() => new(
        CharacterSet.Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')),
        CharacterSet.Of(category => category is <= UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation)
            .Union(CharacterSet.Of((0x200C, 0x200D)))));

    private static readonly Lazy<PatternClass> LazySpaces = new(() => new(
        CharacterSet.Of((0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F),
            (0x3000, 0x3000)),
        CharacterSet.Of((0x09, 0x0D), (0x20, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F),
            (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF))));

    private static readonly PatternClass LineEnds = new(CharacterSet.Of(('\n', '\n')), CharacterSet.Of(('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)));

    /// <summary>The class of <c>.</c></summary>
    public static PatternClass Any => LineEnds.Complement();

    /// <summary>The class of <c>\d</c>, <c>\D</c>, <c>\w</c>, <c>\W</c>, <c>\s</c> or <c>\S</c>; null for another letter.</summary>
    public static PatternClass? Of(char letter) => letter switch
    {
        'd' => LazyDigits.Value,
        'D' => LazyDigits.Value.Complement(),
        'w' => LazyWords.Value,
        'W' => LazyWords.Value.Complement(),
        's' => LazySpaces.Value,
        'S' => LazySpaces.Value.Complement(),
        _ => null,
    };

    /// <summary>The class of a general category, such as <c>L</c> or <c>Lu</c>; null if there is none of that name.</summary>
    public static PatternClass? OfCategory(string name)
    {
        // The names follow the order of UnicodeCategory.
        ReadOnlySpan<string> names = ["Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc", "Pd",
            "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn"];
        var isNamed = new bool[names.Length];
        for (var i = 0; i < names.Length; i++) isNamed[i] = name.Length > 0 && name.Length <= 2 && names[i].StartsWith(name, StringComparison.Ordinal);
        if (!isNamed.Contains(true)) return null;
        var set = CharacterSet.Of(category => isNamed[(int)category]);
        return new PatternClass(set.Intersect(CharacterSet.OneUnit), set);
    }
}
