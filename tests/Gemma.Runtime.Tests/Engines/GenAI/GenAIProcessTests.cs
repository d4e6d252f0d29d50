namespace Gemma.Runtime.Tests.Engines.GenAI;

/// <summary>What can end a process runs in one of its own.</summary>
public sealed class GenAIProcessTests
{
    [Theory]
    [InlineData(nameof(GenAIChildTests.FirstUseOfAnyNativeLibrary))]
    [InlineData(nameof(GenAIChildTests.BothEnginesOnnxRuntimeFirst))]
    [InlineData(nameof(GenAIChildTests.BothEnginesGenAIFirst))]
    [InlineData(nameof(GenAIChildTests.ExitWithoutDispose))]
    [InlineData(nameof(GenAIChildTests.ExitDuringAPrompt))]
    [InlineData(nameof(GenAIChildTests.ManyCyclesKeepMemoryFlat))]
    [InlineData(nameof(GenAIChildTests.TelemetryIsOffForNativeCode))]
    public async Task Child_Situation_EndsCleanly(string name)
    {
        var text = await ChildTest.RunAsync(typeof(GenAIChildTests), name, GenAINativeFolder.Require());
        Assert.DoesNotContain("leak", text, StringComparison.OrdinalIgnoreCase);
        if (name != nameof(GenAIChildTests.ExitDuringAPrompt)) Assert.Contains("Total: 1,", text, StringComparison.Ordinal);
    }
}
