using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Models;
using Gemma.Tokenization;

namespace Gemma.Cli.Benchmarks;

/// <summary>What a draft model wins: the same answer with it and without, in turn.</summary>
internal sealed class DraftBenchmark(IInferenceEngine engine, IInferenceEngine draft, BenchmarkOptions options, BenchmarkReport report)
{
    private const int RandomPrompt = 64;
    private const string Question = "<bos><start_of_turn>user\nTell me a story about a fox.<end_of_turn>\n<start_of_turn>model\n";

    /// <summary>Measures one request at a time.</summary>
    public async Task MeasureAsync(ModelPackage package, CancellationToken cancellationToken)
    {
        List<double> with = [], gains = [];
        var (drafted, accepted) = (0L, 0L);
        for (var i = 0; i < options.Repetitions; i++)
        {
            var prompt = Prompt(package, i);

            // Random weights say nothing that could be guessed: the answer is given, and so is how well it is guessed.
            var answer = options.Acceptance is null ? null : EngineBenchmark.Tokens(engine, options.NewTokens, 2000 + i);
            var alone = await RunAsync(prompt, answer, null, cancellationToken);
            IInferenceEngine guesses = answer is null ? new TimedEngine(draft)
                : new SimulatedDraft(draft, [.. prompt, .. answer], options.Acceptance!.Value, engine.Info.VocabularySize);
            var drafting = await RunAsync(prompt, answer, guesses, cancellationToken);
            with.Add(drafting.Speed);
            gains.Add(drafting.Speed / alone.Speed);
            (drafted, accepted) = (drafted + drafting.Drafted, accepted + drafting.Accepted);
        }

        report.DraftTokensPerSecond = Quantiles.Median(with);
        report.DraftGain = Quantiles.Median(gains);
        report.DraftedTokens = drafted;
        report.DraftAcceptance = drafted == 0 ? null : (double)accepted / drafted;
        report.SimulatedAcceptance = options.Acceptance;
    }

    private int[] Prompt(ModelPackage package, int seed) => options.Acceptance is null && GemmaTokenizer.Exists(package.Folder)
        ? GemmaTokenizer.Load(package.Folder).Encode(Question, addSpecialTokens: false, recognizeControlTokens: true)
        : EngineBenchmark.Tokens(engine, RandomPrompt, 1000 + seed);

    private async Task<(double Speed, long Drafted, long Accepted)> RunAsync(int[] prompt, int[]? answer, IInferenceEngine? guesses,
        CancellationToken cancellationToken)
    {
        await using var scheduler = new InferenceScheduler(new TimedEngine(engine), new SchedulerOptions { MaxConcurrentRequests = 1, MaxCachedSequences = 0 },
            draft: guesses);
        var task = new BenchmarkTask(prompt, options.NewTokens, cancellationToken) { Script = answer };
        scheduler.Submit(task);
        await task.Completion;
        return (task.DecodeTokensPerSecond, scheduler.Statistics.DraftedTokens, scheduler.Statistics.AcceptedDraftTokens);
    }
}
