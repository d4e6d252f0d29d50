using Gemma.Runtime.Generation.Stopping;

namespace Gemma.Runtime.Tests.Generation;

public sealed class StopSequenceMatcherTests
{
    [Theory]
    [InlineData("Hello STOP world", "Hello ", true)]
    [InlineData("Hello STO", "Hello STO", false)]
    [InlineData("Hello STOSTOP", "Hello STO", true)]
    [InlineData("end", "e", true)]
    [InlineData("xxSTOPend", "xx", true)]
    [InlineData("SSTTOOPP", "SSTTOOPP", false)]
    [InlineData("aabaabaaab", "aabaab", true)]
    public void Append_AnySplit_EmitsTextBeforeTheFirstStop(string text, string expected, bool stops)
    {
        for (var step = 1; step <= text.Length; step++)
        {
            var matcher = new StopSequenceMatcher(["STOP", "nd", "aaab"]);
            var emitted = string.Empty;
            var stopped = false;
            for (var i = 0; i < text.Length && !stopped; i += step) emitted += matcher.Append(text.Substring(i, Math.Min(step, text.Length - i)), out stopped);
            if (!stopped) emitted += matcher.Flush();
            Assert.Equal((stops, expected), (stopped, emitted));
        }
    }

    [Fact]
    public void Append_PossibleBeginning_IsHeldBack()
    {
        var matcher = new StopSequenceMatcher(["<end>"]);
        Assert.Equal("a", matcher.Append("a<e", out _));
        Assert.Equal("<e", matcher.Append("<en", out _));
        Assert.Equal("<enx", matcher.Append("x", out _));
    }

    [Fact]
    public void Append_EmojiThatSharesAHalfWithTheStop_IsNotCut()
    {
        var matcher = new StopSequenceMatcher(["😀😁"]);
        Assert.Equal("a", matcher.Append("a😀", out _));
        Assert.Equal("😀😂", matcher.Append("😂", out _));
        Assert.Equal("😂", matcher.Append("😂😀", out _));
        Assert.Equal("😀", matcher.Flush());
    }

    [Fact]
    public void Constructor_EmptyStop_Throws() => Assert.Throws<ArgumentException>(() => new StopSequenceMatcher(["a", ""]));
}
