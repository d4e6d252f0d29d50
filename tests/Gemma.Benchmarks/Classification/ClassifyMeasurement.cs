using System.Diagnostics;
using Gemma.Runtime;
using Gemma.Runtime.Classification;
using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Inputs;
using Gemma.Runtime.Models;

namespace Gemma.Benchmarks.Classification;

/// <summary>The four ways to read the same texts.</summary>
internal sealed class ClassifyMeasurement(GemmaModel model, ClassificationHead head, int count)
{
    private const int PrefillTokens = 512;

    private readonly int[][] _texts = [.. Enumerable.Range(0, count).Select(i => Text(i, 32 + (i * 53 % 225), model.Package.VocabSize))];
    private readonly LabelScorer _scorer = new(head.Labels, head.ProblemType, new ClassificationOptions());

    public async Task<IReadOnlyList<ClassifyFigure>> RunAsync(CancellationToken cancellationToken)
    {
        var tokens = _texts.Sum(text => text.Length);
        var prompts = Enumerable.Range(0, Math.Max(1, tokens / PrefillTokens)).Select(i => Text(i, PrefillTokens, model.Package.VocabSize)).ToArray();

        // The first pass packs weights and grows buffers.
        await PassAsync(prompts[0], 1, cancellationToken);
        return
        [
            await MeasureAsync("prefill of 512 tokens", prompts.Sum(prompt => prompt.Length),
                () => EachAsync(prompts, prompt => PassAsync(prompt, 1, cancellationToken))),
            await MeasureAsync("classified together", tokens, () => Task.WhenAll(_texts.Select(text => ReadAsync(text, cancellationToken)))),
            await MeasureAsync("one text at a time", tokens, () => EachAsync(_texts, text => ReadAsync(text, cancellationToken))),
            await MeasureAsync("one at a time, all logits", tokens, () => EachAsync(_texts, text => PassAsync(text, text.Length, cancellationToken))),
        ];
    }

    private static int[] Text(int seed, int length, int vocabulary)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(3, vocabulary))];
    }

    private static async Task EachAsync(int[][] texts, Func<int[], Task> work)
    {
        foreach (var text in texts) await work(text);
    }

    private static async Task<ClassifyFigure> MeasureAsync(string what, int tokens, Func<Task> work)
    {
        var processor = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        await work();
        return new ClassifyFigure(what, tokens, Stopwatch.GetElapsedTime(start), Environment.CpuUsage.TotalTime - processor);
    }

    private Task<ClassificationResult> ReadAsync(int[] text, CancellationToken cancellationToken)
    {
        var request = new PooledReading(head, _scorer, new EncodedText(text, false), isCausal: true, cancellationToken);
        return model.Gate.RunAsync(request, request.Result, new RequestTerms(RequestOperation.Classification, text.Length), waitForRoom: true);
    }

    private Task PassAsync(int[] tokens, int logits, CancellationToken cancellationToken)
    {
        var job = new PassJob(tokens, logits, cancellationToken);
        model.Scheduler.Submit(job);
        return job.Completion;
    }

    private sealed class PassJob(int[] tokens, int logits, CancellationToken cancellationToken) : EngineJob(cancellationToken)
    {
        private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Completion => _completion.Task;

        public override int MaxTokens => tokens.Length;

        public override bool Step(IInferenceEngine engine, CancellationToken cancellationToken)
        {
            using var sequence = engine.CreateSequence();
            engine.Run([new EngineInput(sequence, tokens, logits)], cancellationToken);
            return false;
        }

        public override void Finish(Exception? error)
        {
            if (error is null) _completion.SetResult();
            else _completion.SetException(error);
        }
    }
}
