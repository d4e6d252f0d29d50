using Gemma.Runtime.Engines;

namespace Gemma.Runtime.Tests.Engines;

/// <content>Runs that are cancelled or wrong, and what was disposed.</content>
public abstract partial class EngineConformanceTests
{
    [Fact]
    public async Task Run_CancelledAtAnyMoment_KeepsTheFormerLengthAndStaysExact()
    {
        using var engine = await OpenAsync("slow-fp32");
        int[] prompt = [.. Enumerable.Range(0, 600).Select(i => 2 + (i * 7 % 290))];
        var expected = engine.Fresh([.. Prompt, .. prompt]);
        var interrupted = 0;

        // On a busy machine the timer may come after the end of the run; then again.
        for (var attempt = 0; attempt < 4 || (interrupted < 2 && attempt < 40); attempt++)
        {
            using var sequence = engine.CreateSequence();
            engine.Run(sequence, Prompt);
            using var source = new CancellationTokenSource();
            var moment = attempt % 4;
            if (moment > 0) source.CancelAfter(TimeSpan.FromMilliseconds(moment * moment * 4));
            else source.Cancel();
            try
            {
                engine.Run([new EngineInput(sequence, prompt)], source.Token);
            }
            catch (OperationCanceledException e)
            {
                Assert.Equal(source.Token, e.CancellationToken);
                Assert.Equal(Prompt.Length, sequence.Length);
                interrupted++;
                engine.Run(sequence, prompt);
            }

            EngineRuns.AssertClose(expected, sequence.Logits, 1e-3f, $"attempt {attempt}");
        }

        Assert.InRange(interrupted, 2, 40);
    }

    [Fact]
    public async Task Run_CancelledDecode_StopsBeforeTheNextTokenAndGoesOn()
    {
        using var engine = await OpenAsync("mqa-fp32");
        using var sequence = engine.CreateSequence();
        var first = engine.Greedy(sequence, Prompt, 5);
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => engine.Run([new EngineInput(sequence, new[] { first[^1] })], source.Token));
        using var other = engine.CreateSequence();
        Assert.Equal(engine.Greedy(other, Prompt, 10)[5..], engine.Greedy(sequence, [first[^1]], 5));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(224)]
    [InlineData(int.MaxValue)]
    public async Task Run_IdOutsideTheVocabulary_ThrowsAndHurtsNobody(int id)
    {
        using var engine = await OpenAsync("mqa-fp32");
        using var good = engine.CreateSequence();
        using var bad = engine.CreateSequence();
        engine.Run(good, Prompt);
        var error = Assert.Throws<EngineException>(() =>
            engine.Run([new EngineInput(good, new[] { 5 }), new EngineInput(bad, new[] { 2, id })], TestContext.Current.CancellationToken));
        Assert.Contains(id.ToString(System.Globalization.CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
        Assert.Equal((Prompt.Length, 0), (good.Length, bad.Length));
        EngineRuns.AssertClose(engine.Fresh([.. Prompt, 5]), engine.Run(good, 5), Tolerance, "after the error");
    }

    [Fact]
    public async Task Run_WrongInput_Throws()
    {
        using var engine = await OpenAsync("mqa-fp32");
        using var other = await OpenAsync("mqa-fp32");
        using var sequence = engine.CreateSequence();
        using var foreign = other.CreateSequence();
        var disposed = engine.CreateSequence();
        disposed.Dispose();
        Assert.ThrowsAny<ArgumentException>(() => engine.Run(sequence));
        Assert.ThrowsAny<ArgumentException>(() => engine.Run([new EngineInput(sequence, new[] { 2 }, 2)], TestContext.Current.CancellationToken));
        Assert.ThrowsAny<ArgumentException>(() => engine.Run(foreign, 2));
        Assert.Throws<ObjectDisposedException>(() => engine.Run(disposed, 2));
        Assert.Throws<EngineException>(() => engine.Run(sequence, new int[engine.Info.ContextLength + 1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => sequence.Truncate(1));
        engine.Run(sequence, new int[engine.Info.ContextLength]);
        Assert.Throws<EngineException>(() => engine.Run(sequence, 2));
        Assert.Equal(engine.Info.ContextLength, sequence.Length);
    }

    [Fact]
    public async Task Logits_AfterTheNextRun_Throw()
    {
        using var engine = await OpenAsync("mqa-fp32");
        using var a = engine.CreateSequence();
        using var b = engine.CreateSequence();
        engine.Run(a, 2);
        engine.Run(b, 2);
        Assert.Throws<InvalidOperationException>(() => a.Logits.Length);
    }

    [Fact]
    public async Task Dispose_InAnyOrder_IsQuiet()
    {
        var engine = await OpenAsync("mqa-fp32");
        var (a, b) = (engine.CreateSequence(), engine.CreateSequence());
        engine.Run(a, 2);
        engine.Run(b, 2);
        a.Dispose();
        a.Dispose();
        engine.Dispose();
        engine.Dispose();
        b.Dispose();
        Assert.Throws<ObjectDisposedException>(engine.CreateSequence);
    }
}
