using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Tests.Generation.Scheduling.Drafts;

/// <summary>What guessing costs is learnt from the passes that ran.</summary>
public sealed class PassCostsTests
{
    [Fact]
    public void Check_PassesOfOneLength_AreTakenForProportional()
    {
        var costs = Create();
        for (var i = 0; i < 100; i++) costs.ObserveCheck(4, TimeSpan.FromMilliseconds(14));
        Assert.Equal((0.1, 0.4, 0.8), (Math.Round(costs.CheckedToken, 3), Math.Round(costs.Check(4), 3), Math.Round(costs.Check(8), 3)));
    }

    [Fact]
    public void Check_PassesOfAllLengths_AreALine()
    {
        // A pass over more than one token costs half a step, and each token a twentieth.
        var costs = Create();
        for (var i = 0; i < 300; i++) costs.ObserveCheck((i % 15) + 1, TimeSpan.FromMilliseconds(10 + 5 + (0.5 * ((i % 15) + 1))));
        Assert.InRange(costs.Check(1), 0.5, 0.6);
        Assert.InRange(costs.Check(15), 1.2, 1.3);
        Assert.InRange(costs.CheckedToken, 0.045, 0.07);
    }

    [Fact]
    public void Check_OnePassThatMetSomethingElse_ChangesLittle()
    {
        var costs = Create();
        for (var i = 0; i < 100; i++) costs.ObserveCheck(8, TimeSpan.FromMilliseconds(18));
        Assert.Equal(8, costs.ObserveCheck(8, TimeSpan.FromMilliseconds(500)));
        Assert.InRange(costs.Check(8), 0.8, 0.86);
    }

    [Fact]
    public void Guess_CatchingUp_IsNoPartOfAPass()
    {
        var costs = Create();
        for (var i = 0; i < 10; i++) costs.ObserveRead(100, TimeSpan.FromMilliseconds(100));
        for (var i = 0; i < 100; i++) costs.ObserveGuess(8, TimeSpan.FromMilliseconds(9));
        Assert.Equal(0.2, costs.DraftPass, 3);
    }

    [Fact]
    public void Forget_SlowDraft_IsTriedAgainSomeTime()
    {
        var costs = Create();
        for (var i = 0; i < 100; i++) costs.ObserveGuess(1, TimeSpan.FromMilliseconds(20));
        Assert.Equal(2, costs.DraftPass, 3);
        for (var i = 0; i < 20; i++) costs.Forget();
        Assert.InRange(costs.DraftPass, 0.25, 0.3);
    }

    [Fact]
    public void Forget_SlowReading_IsTriedAgainSomeTime()
    {
        var costs = Create();
        for (var i = 0; i < 10; i++) costs.ObserveRead(10, TimeSpan.FromMilliseconds(200));
        Assert.Equal(2, costs.Read(1), 3);
        for (var i = 0; i < 40; i++) costs.Forget();
        Assert.InRange(costs.Read(1), 0.01, 0.02);
    }

    private static PassCosts Create()
    {
        var costs = new PassCosts();
        for (var i = 0; i < 3; i++) costs.ObserveStep(TimeSpan.FromMilliseconds(10));
        Assert.True(costs.IsKnown);
        return costs;
    }
}
