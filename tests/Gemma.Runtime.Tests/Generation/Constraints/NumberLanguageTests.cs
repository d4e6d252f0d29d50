using System.Globalization;
using Gemma.Runtime.Generation.Constraints.Compilation;
using Gemma.Runtime.Generation.Constraints.Numbers;

namespace Gemma.Runtime.Tests.Generation.Constraints;

/// <summary>Spellings of numbers against their values.</summary>
public sealed class NumberLanguageTests
{
    public static TheoryData<string> Ranges() =>
        ["1..5", "-17..1234", "0..0", "-3..", "..12", "(0..1)", "0.5..2.25", "(-1.5..0)", "0..100 of 7", "-20..20 of 5", "-1..1 of 0.25", "99..101",
            "1000000..", "0..10 of 0.1", "7000..9000 of 1000"];

    [Theory]
    [MemberData(nameof(Ranges))]
    public void Build_Spellings_AreInTheRange(string text)
    {
        foreach (var isInteger in (bool[])[true, false])
        {
            var range = Parse(text, isInteger);
            if (range.Bounded().IsEmpty) continue;
            var language = NumberLanguage.Build(range, new CompilationBudget(CancellationToken.None));
            for (var i = -2200; i <= 2200; i++)
            {
                foreach (var step in (decimal[])[1, 0.25m, 0.05m, 100])
                {
                    var spelling = (i * step).ToString(CultureInfo.InvariantCulture);
                    var canonical = spelling.Contains('.', StringComparison.Ordinal) ? spelling.TrimEnd('0').TrimEnd('.') : spelling;
                    var value = i * step;
                    var expected = Holds(range, value);
                    Assert.True(language.Accepts(canonical) == expected, $"{canonical} and {text}");
                }
            }

            Assert.False(language.Accepts("-0"));
            Assert.False(language.Accepts("01"));
            Assert.False(language.Accepts("1."));
            Assert.False(language.Accepts("+1"));
        }
    }

    [Fact]
    public void Build_NoLimits_FitsTheType()
    {
        var integer = NumberLanguage.Build(new NumberRange(IsInteger: true), new CompilationBudget(CancellationToken.None));
        Assert.True(integer.Accepts("-2147483648") && integer.Accepts("2147483647"));
        Assert.False(integer.Accepts("2147483648") || integer.Accepts("-2147483649") || integer.Accepts("1e5"));
        var number = NumberLanguage.Build(new NumberRange(IsInteger: false), new CompilationBudget(CancellationToken.None));
        Assert.True(number.Accepts("2.5e-3") && number.Accepts("123456789012345") && number.Accepts("0.1"));
        Assert.False(number.Accepts("1e99") || number.Accepts("-0.0") || number.Accepts("-0e1") || number.Accepts("1234567890123456"));
        var large = NumberLanguage.Build(new NumberRange(IsInteger: true, Low: 5_000_000_000), new CompilationBudget(CancellationToken.None));
        Assert.True(large.Accepts("9223372036854775807"));
        Assert.False(large.Accepts("4999999999"));
    }

    private static bool Holds(NumberRange range, decimal value) =>
        (!range.IsInteger || value == decimal.Truncate(value))
        && (value >= range.Bounded().Low && (value != range.Low || !range.IsLowExclusive))
        && (value <= range.Bounded().High && (value != range.High || !range.IsHighExclusive))
        && (range.Multiple is not { } multiple || value % multiple == 0);

    private static NumberRange Parse(string text, bool isInteger)
    {
        var parts = text.Split(" of ");
        var limits = parts[0].Trim('(', ')').Split("..");
        decimal? Limit(string limit) => limit.Length == 0 ? null : decimal.Parse(limit, CultureInfo.InvariantCulture);
        return new NumberRange(isInteger, Limit(limits[0]), parts[0].StartsWith('('), Limit(limits[1]), parts[0].EndsWith(')'), parts.Length == 2
            ? Limit(parts[1])
            : null);
    }
}
