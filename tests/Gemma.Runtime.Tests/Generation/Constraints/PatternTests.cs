using System.Text.RegularExpressions;
using Gemma.Runtime.Generation.Constraints.Compilation;
using Gemma.Runtime.Generation.Constraints.Patterns;

namespace Gemma.Runtime.Tests.Generation.Constraints;

/// <summary>Regular expressions as automata, against .NET's own.</summary>
public sealed class PatternTests
{
    [Theory]
    [InlineData("^[A-C]{2}-[0-9]+$")]
    [InlineData("b+a|c")]
    [InlineData("^(a|bb)*c?$")]
    [InlineData("^a{2,3}?b{0,1}$")]
    [InlineData("^[^abc]+$")]
    [InlineData("^.{2,4}$")]
    [InlineData(@"\d\D")]
    [InlineData(@"^\w+\W?$")]
    [InlineData(@"^\S+\s\S+$")]
    [InlineData(@"^(?=.*a)(?!.*bb)[ab1]+$")]
    [InlineData(@"^a$|^b")]
    [InlineData(@"(?:ab){2}")]
    [InlineData(@"^(?<name>a|b)[\]\-c]$")]
    [InlineData(@"\x61\u0062")]
    [InlineData("^$")]
    public void Found_RandomTexts_AgreesWithRegex(string pattern)
    {
        var budget = new CompilationBudget(CancellationToken.None);
        var (found, notFound) = (Pattern.Found(pattern, budget),
            pattern.Contains("(?!", StringComparison.Ordinal) || pattern.Contains("(?=", StringComparison.Ordinal) ? null : Pattern.NotFound(pattern, budget));
        var regex = new Regex(pattern, RegexOptions.ECMAScript);
        var random = new Random(2);
        for (var i = 0; i < 800; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(7)).Select(_ => "aabbcAB-019 _]\n"[random.Next(15)]));

            // Before a last line end dialects disagree.
            if (text.EndsWith('\n')) continue;
            Assert.True(regex.IsMatch(text) == found.Accepts(text), $"'{text}' and {pattern}");
            if (notFound is not null) Assert.True(regex.IsMatch(text) != notFound.Accepts(text), $"'{text}' and not {pattern}");
        }
    }

    [Theory]
    [InlineData("(?<=a)b", "behind")]
    [InlineData(@"(a)\1", @"\1")]
    [InlineData(@"\bword\b", "boundary")]
    [InlineData("[a", "'['")]
    [InlineData("a)", "')'")]
    [InlineData("(a", "'('")]
    [InlineData("*a", "quantifier")]
    [InlineData("a**", "quantifier")]
    [InlineData("[b-a]", "range")]
    [InlineData("a{3,2}", "order")]
    [InlineData("(?i)a", "(?i")]
    [InlineData("a(?=b)", "ahead")]
    public void Found_NotSupported_SaysWhat(string pattern, string message)
    {
        var error = Assert.Throws<GemmaSchemaException>(() => Pattern.Found(pattern, new CompilationBudget(CancellationToken.None)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("pattern", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Found_LetterClasses_HoldOnlyWhatEveryDialectReadsAlike()
    {
        var budget = new CompilationBudget(CancellationToken.None);
        Assert.True(Pattern.Found(@"^\d$", budget).Accepts("7"));
        Assert.False(Pattern.Found(@"^\d$", budget).Accepts("٣"));
        Assert.False(Pattern.Found(@"^\D$", budget).Accepts("٣"));
        Assert.False(Pattern.Found("^.$", budget).Accepts("😀"));
        Assert.True(Pattern.Found("^😀$", budget).Accepts("😀"));
        Assert.True(Pattern.Found(@"^\p{Lu}$", budget).Accepts("É"));
    }

    [Theory]
    [InlineData("uuid", "0190b6a1-7b1c-7c3e-8a55-0123456789ab", "0190b6a17b1c7c3e8a550123456789ab")]
    [InlineData("date", "2024-02-29", "2023-02-29")]
    [InlineData("date", "2000-02-29", "1900-02-29")]
    [InlineData("date-time", "2024-05-01T23:59:59.5Z", "2024-05-01T24:00:00Z")]
    [InlineData("time", "23:59:59", "7:00:00")]
    [InlineData("duration", "P1DT2H", "PT1H30S")]
    [InlineData("email", "a.b@example.org", "a@b")]
    [InlineData("uri", "https://example.org/a?b=%20#c", "example.org")]
    [InlineData("ipv4", "255.0.10.1", "256.0.0.1")]
    [InlineData("ipv6", "fe80::1", "fe80:::1")]
    [InlineData("byte", "QUI=", "QUJ=")]
    public void Formats_Texts_AreReadOrNot(string format, string right, string wrong)
    {
        var language = Pattern.Found(StringFormats.Pattern(format)!, new CompilationBudget(CancellationToken.None));
        Assert.True(language.Accepts(right));
        Assert.False(language.Accepts(wrong));
    }
}
