using System.Globalization;

namespace Gemma.Runtime.Generation.Constraints.Characters;

/// <summary>A set of Unicode code points without surrogates, as sorted ranges that do not touch. Immutable.</summary>
internal sealed class CharacterSet
{
    private readonly CharacterRange[] _ranges;

    private CharacterSet(CharacterRange[] ranges) => _ranges = ranges;

    /// <summary>No code point.</summary>
    public static CharacterSet Empty { get; } = new([]);

    /// <summary>All code points that text may have.</summary>
    public static CharacterSet All { get; } = Of((0, 0xD7FF), (0xE000, 0x10FFFF));

    /// <summary>The code points of one UTF-16 unit.</summary>
    public static CharacterSet OneUnit { get; } = Of((0, 0xD7FF), (0xE000, 0xFFFF));

    /// <summary>The ranges.</summary>
    public ReadOnlySpan<CharacterRange> Ranges => _ranges;

    /// <summary>Whether there is no code point.</summary>
    public bool IsEmpty => _ranges.Length == 0;

    /// <summary>The set of some ranges, in any order.</summary>
    public static CharacterSet Of(params ReadOnlySpan<(int Low, int High)> ranges)
    {
        List<CharacterRange> list = [];
        foreach (var (low, high) in ranges) list.Add(new CharacterRange(low, high));
        return Normalize(list);
    }

    /// <summary>The set of the characters of a text.</summary>
    public static CharacterSet Of(string characters) => Normalize([.. characters.EnumerateRunes().Select(rune => new CharacterRange(rune.Value, rune.Value))]);

    /// <summary>The code points of some general categories. Looks at all there are: keep the result.</summary>
    public static CharacterSet Of(Predicate<UnicodeCategory> isOf)
    {
        List<CharacterRange> ranges = [];
        for (var i = 0; i <= 0x10FFFF; i++)
        {
            if (!isOf(CharUnicodeInfo.GetUnicodeCategory(i))) continue;
            if (ranges.Count > 0 && ranges[^1].High == i - 1) ranges[^1] = ranges[^1] with { High = i };
            else ranges.Add(new CharacterRange(i, i));
        }

        return new CharacterSet([.. ranges]).Intersect(All);
    }

    /// <summary>Whether a code point is in the set.</summary>
    public bool Contains(int codePoint)
    {
        var (low, high) = (0, _ranges.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (codePoint < _ranges[middle].Low) high = middle - 1;
            else if (codePoint > _ranges[middle].High) low = middle + 1;
            else return true;
        }

        return false;
    }

    /// <summary>What is in either set.</summary>
    public CharacterSet Union(CharacterSet other) => Normalize([.. _ranges, .. other._ranges]);

    /// <summary>What is in both sets.</summary>
    public CharacterSet Intersect(CharacterSet other)
    {
        List<CharacterRange> result = [];
        for (int i = 0, j = 0; i < _ranges.Length && j < other._ranges.Length;)
        {
            var (a, b) = (_ranges[i], other._ranges[j]);
            var both = new CharacterRange(Math.Max(a.Low, b.Low), Math.Min(a.High, b.High));
            if (both.Low <= both.High) result.Add(both);
            if (a.High < b.High) i++;
            else j++;
        }

        return new CharacterSet([.. result]);
    }

    /// <summary>What text may have and is not in the set.</summary>
    public CharacterSet Complement()
    {
        List<CharacterRange> result = [];
        var next = 0;
        foreach (var (low, high) in _ranges)
        {
            if (low > next) result.Add(new CharacterRange(next, low - 1));
            next = high + 1;
        }

        if (next <= 0x10FFFF) result.Add(new CharacterRange(next, 0x10FFFF));
        return new CharacterSet([.. result]).Intersect(All);
    }

    private static CharacterSet Normalize(List<CharacterRange> ranges)
    {
        ranges.Sort((a, b) => a.Low.CompareTo(b.Low));
        List<CharacterRange> result = [];
        foreach (var range in ranges)
        {
            if (result.Count > 0 && range.Low <= result[^1].High + 1) result[^1] = result[^1] with { High = Math.Max(result[^1].High, range.High) };
            else result.Add(range);
        }

        return new CharacterSet([.. result]);
    }
}
