using System.Globalization;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.Processors;
using Gemma.Runtime.Engines.Selection;
using Gemma.Runtime.Tests.Engines.GenAI;

namespace Gemma.Runtime.Tests.Engines;

/// <summary>
/// The threads that compute are as many as the engine says, and as the machine has cores for; counted by the processor time that each thread takes, in a
/// process of its own.
/// </summary>
public sealed class WorkingThreadsTests(TestPackages packages)
{
    private const int Passes = 3;

    // Other processes may keep a thread from its share for a while.
    private const int Attempts = 6;
    private const int PromptTokens = 1500;

    // A thread without work in the pass takes a hundredth of what the others take.
    private const double WorkingShare = 0.2;

    [Theory]
    [InlineData(nameof(RunOnnxRuntime))]
    [InlineData(nameof(RunGenAI))]
    public async Task Run_ThreadsNotSet_WorkOnEveryCore(string child) =>
        AssertContains(Line(ProcessorReport.Current.Threads), await RunAsync(child));

    [Theory]
    [InlineData(nameof(RunOnnxRuntime))]
    [InlineData(nameof(RunGenAI))]
    public async Task Run_OneProcessorAllowed_WorkOnOneThread(string child)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/taskset"), "needs taskset");
        AssertContains(Line(1), await RunAsync(child, "taskset", "-c", "0"));
    }

    [Fact(Explicit = true)]
    public Task RunOnnxRuntime() => CountAsync(GemmaEngine.OnnxRuntime);

    [Fact(Explicit = true)]
    public Task RunGenAI() => CountAsync(GemmaEngine.GenAI);

    private static Task<string> RunAsync(string child, params string[] launcher)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "threads' times are read from /proc");
        return ChildTest.RunAsync(typeof(WorkingThreadsTests), child, child == nameof(RunGenAI) ? GenAINativeFolder.Require() : null, launcher);
    }

    private static void AssertContains(string line, string output) => Assert.True(output.Contains(line, StringComparison.Ordinal), output);

    private static string Line(int threads) => string.Create(CultureInfo.InvariantCulture, $"{threads} of {threads} threads work");

    private async Task CountAsync(GemmaEngine kind)
    {
        using var engine = EngineFactory.Create(await packages.OpenAsync("slow-fp32"), new EngineOptions { Kind = kind });
        int[] prompt = [.. Enumerable.Range(0, PromptTokens).Select(i => 2 + (i * 7 % 290))];
        engine.Fresh(prompt);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var before = Times();
            for (var pass = 0; pass < Passes; pass++) engine.Fresh(prompt);
            var spent = Times().Select(thread => thread.Value - before.GetValueOrDefault(thread.Key)).ToArray();
            var working = spent.Count(time => time > spent.Max() * WorkingShare);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{working} of {engine.Info.Threads.Threads} threads work"));
            Console.WriteLine($"milliseconds of each: {string.Join(", ", spent.Order().Reverse().Take(8).Select(time => time / 1_000_000))}");
            if (working == engine.Info.Threads.Threads) break;
        }
    }

    // Nanoseconds on a processor, by thread.
    private static Dictionary<string, long> Times() => Directory.GetDirectories("/proc/self/task").ToDictionary(
        task => task,
        task => long.Parse(File.ReadAllText(Path.Combine(task, "schedstat")).Split(' ')[0], CultureInfo.InvariantCulture));
}
