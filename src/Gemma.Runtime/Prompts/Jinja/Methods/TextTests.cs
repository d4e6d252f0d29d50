using System.Globalization;
using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Methods;

/// <summary>Methods of texts that answer with a number or with true or false.</summary>
internal static class TextTests
{
    /// <summary><c>startswith</c> and <c>endswith</c>, of one text or several.</summary>
    public static BoolValue Edge(RenderRun run, TextValue text, string name, JinjaValue?[] given)
    {
        var part = Part(run, text, given[1], given[2]);
        if (part is null) return BoolValue.False;
        var flat = run.Flat(part.Value.Text);
        var candidates = given[0] is ListValue { IsTuple: true } tuple ? tuple.Items : [given[0]!];
        foreach (var candidate in candidates)
        {
            var search = run.Flat(candidate as TextValue
                ?? throw new JinjaException($"{name} first arg must be str or a tuple of str, not {candidate.TypeName}"));
            if (name == "startswith" ? flat.StartsWith(search, StringComparison.Ordinal) : flat.EndsWith(search, StringComparison.Ordinal))
                return BoolValue.True;
        }

        return BoolValue.False;
    }

    /// <summary>Where a text stands, or how often.</summary>
    public static IntValue Find(RenderRun run, TextValue text, string name, JinjaValue?[] given)
    {
        var search = run.Flat(given[0] as TextValue ?? throw new JinjaException($"{name}() needs a text, not {given[0]!.TypeName}"));
        var part = Part(run, text, given[1], given[2]);
        var flat = part is null ? string.Empty : run.Flat(part.Value.Text);
        if (name == "count") return IntValue.From(part is null ? 0 : Count(part.Value.Text, flat, search));
        var found = part is null ? -1 : name[0] == 'r' ? flat.LastIndexOf(search, StringComparison.Ordinal) : flat.IndexOf(search, StringComparison.Ordinal);
        if (found < 0) return name.EndsWith("index", StringComparison.Ordinal) ? throw new JinjaException("substring not found") : IntValue.From(-1);
        return IntValue.From(part!.Value.Start + Characters(flat, found));
    }

    /// <summary><c>isalpha</c> and its like.</summary>
    public static BoolValue Is(RenderRun run, TextValue text, string name, JinjaValue?[] given)
    {
        var flat = run.Flat(text);
        if (flat.Length == 0) return BoolValue.From(name is "isascii" or "isprintable" && given.Length == 0);
        if (name is "isupper" or "islower") return BoolValue.From(name is "isupper" ? IsUpper(run, text) : IsLower(run, text));
        if (name is "istitle") return BoolValue.From(IsTitle(flat));
        for (var i = 0; i < flat.Length; i += CodePoints.LengthAt(flat, i))
        {
            if (!Is(flat, i, name)) return BoolValue.False;
        }

        return BoolValue.True;
    }

    /// <summary>Whether a value's text has a small letter and no capital.</summary>
    public static bool IsLower(RenderRun run, JinjaValue value) => HasCase(run, value, PythonCase.IsUpper, PythonCase.IsLower);

    /// <summary>Whether a value's text has a capital and no small letter.</summary>
    public static bool IsUpper(RenderRun run, JinjaValue value) => HasCase(run, value, PythonCase.IsLower, PythonCase.IsUpper);

    private static bool Is(string text, int index, string name)
    {
        var category = PythonCase.Category(text, index);
        var isLetter = category is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter;
        var isDecimal = category == UnicodeCategory.DecimalDigitNumber;
        return name switch
        {
            "isalpha" => isLetter,
            "isdecimal" => isDecimal,
            "isdigit" => CharUnicodeInfo.GetDigitValue(text, index) >= 0,
            "isnumeric" => CharUnicodeInfo.GetNumericValue(text, index) >= 0,
            "isalnum" => isLetter || CharUnicodeInfo.GetNumericValue(text, index) >= 0,
            "isspace" => PythonText.IsSpace(text[index]),
            "isascii" => char.IsAscii(text[index]),
            "isidentifier" => text[index] == '_' || isLetter || (index > 0 && isDecimal),
            _ => category is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator) && (category != UnicodeCategory.SpaceSeparator || text[index] == ' '),
        };
    }

    private static bool IsTitle(string text)
    {
        var (isAfterLetter, found) = (false, false);
        for (var i = 0; i < text.Length; i += CodePoints.LengthAt(text, i))
        {
            var isUpper = PythonCase.IsUpper(text, i) || PythonCase.Category(text, i) == UnicodeCategory.TitlecaseLetter;
            var isLower = PythonCase.IsLower(text, i);
            if ((isUpper && isAfterLetter) || (isLower && !isAfterLetter)) return false;
            isAfterLetter = isUpper || isLower;
            found |= isAfterLetter;
        }

        return found;
    }

    // The part between two places, and where it begins; null where it begins behind the end.
    private static (TextValue Text, int Start)? Part(RenderRun run, TextValue text, JinjaValue? start, JinjaValue? end)
    {
        if (start is null && end is null) return (text, 0);
        run.Flat(text);
        var first = Place(start, text.Count, 0);
        return first > text.Count ? null : (text.Part(run, first, Place(end, text.Count, text.Count) - first), first);
    }

    private static int Place(JinjaValue? value, int length, int missing)
    {
        if (value is null or NoneValue) return missing;
        var place = ValueNumber.Whole(value, "slice indices must be integers or None");
        return place < 0 ? Math.Max(place + length, 0) : Math.Min(place, length + 1);
    }

    private static int Count(TextValue text, string flat, string search)
    {
        if (search.Length == 0) return text.Count + 1;
        var count = 0;
        for (var at = flat.IndexOf(search, StringComparison.Ordinal); at >= 0; at = flat.IndexOf(search, at + search.Length, StringComparison.Ordinal)) count++;
        return count;
    }

    private static int Characters(string text, int units)
    {
        var count = 0;
        for (var i = 0; i < units; i += CodePoints.LengthAt(text, i)) count++;
        return count;
    }

    private delegate bool CaseTest(ReadOnlySpan<char> text, int index);

    private static bool HasCase(RenderRun run, JinjaValue value, CaseTest other, CaseTest own)
    {
        var text = run.Flat(ValueText.Str(run, value));
        var found = false;
        for (var i = 0; i < text.Length; i += CodePoints.LengthAt(text, i))
        {
            if (other(text, i)) return false;
            found |= own(text, i);
        }

        return found;
    }
}
