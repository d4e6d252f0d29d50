using System.Globalization;
using Gemma.Runtime.Generation.Constraints.Characters;
using Gemma.Runtime.Generation.Constraints.Compilation;

namespace Gemma.Runtime.Generation.Constraints.Numbers;

/// <summary>
/// The spellings of the numbers of a range: no leading zeros, no negative zero, no more digits than a double keeps, an exponent only where nothing limits the
/// number.
/// </summary>
internal static class NumberLanguage
{
    private const int MaxRemainders = 6_000;
    private const int MaxEnumerated = 10_000;
    private static readonly CharacterSet[] Characters = [.. "0123456789-.+".Select(c => CharacterSet.Of((c, c))), CharacterSet.Of("eE")];

    /// <summary>The automaton of the spellings.</summary>
    /// <exception cref="GemmaSchemaException">The multiples are too many.</exception>
    public static Dfa Build(NumberRange range, CompilationBudget budget)
    {
        var bounded = range.Bounded();
        if (range.Multiple is { } multiple && NumberMachine.Remainders(multiple) > MaxRemainders) return Enumerate(range, bounded, multiple, budget);
        var machine = new NumberMachine(bounded, hasExponent: !range.IsInteger && range is { Low: null, High: null, Multiple: null });
        return DfaBuilder.Explore<NumberState>(Alphabet.Of(Characters, budget), default, machine.Step, machine.IsAccepting, budget);
    }

    // Multiples of a large number are few, or are cut where nothing else limits them.
    private static Dfa Enumerate(NumberRange range, NumberRange bounded, decimal multiple, CompilationBudget budget)
    {
        var low = decimal.Ceiling(bounded.Low!.Value / multiple);
        var high = decimal.Floor(bounded.High!.Value / multiple);
        if (range.Low is null) low = decimal.Max(low, decimal.Min(high, 0) - (MaxEnumerated / 2) + 1);
        if (range.High is null) high = decimal.Min(high, decimal.Max(low, 0) + (MaxEnumerated / 2) - 1);
        if (high - low >= MaxEnumerated)
        {
            throw new GemmaSchemaException(
                $"The JSON schema's multipleOf {multiple} leaves more than {MaxEnumerated} numbers, which is not supported; narrow minimum and maximum, or "
                    + $"leave it out.");
        }
        List<string> numbers = [];
        for (var i = low; i <= high; i++)
        {
            var value = i * multiple;
            if ((value > bounded.Low || !bounded.IsLowExclusive) && (value < bounded.High || !bounded.IsHighExclusive))
                numbers.Add((value + 0).ToString("0.############################", CultureInfo.InvariantCulture));
        }

        return DfaBuilder.OneOf(numbers, budget);
    }
}
