using System.Diagnostics;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.GenAI;
using Gemma.Runtime.Engines.Selection;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Generation.Sampling;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Tests.Engines.GenAI;

/// <summary>The conformance suite on ONNX Runtime GenAI where it chooses the tokens itself, and what that must not change.</summary>
public sealed class GenAIDeviceSamplerTests(TestPackages packages) : EngineConformanceTests(packages)
{
    private const int Draws = 2000;
    private static readonly int[] Prompt = [2, 30, 17, 45, 12, 36, 28, 77, 26, 40, 33, 29];
    private readonly TestPackages _packages = packages;

    [Theory]
    [InlineData(1, 50, 1)]
    [InlineData(2, 8, 1)]
    [InlineData(0.7, 50, 0.9)]
    [InlineData(1.5, 12, 0.5)]
    [InlineData(1, 1000, 0.95)]
    public async Task Run_SampledManyTimes_FollowsOurDistribution(double temperature, int topK, double topP)
    {
        using var engine = await OpenAsync("mqa-fp32");
        using var sequence = engine.CreateSequence();
        var logits = engine.Fresh(Prompt);
        var expected = Distribution(new GenerationConfig { DoSample = true, Temperature = temperature, TopK = topK, TopP = topP }, logits);
        var sampling = new SamplingParameters(temperature, topK, topP);
        engine.Run([new EngineInput(sequence, Prompt.AsMemory(0, Prompt.Length - 1), 0, Sampling: sampling)], TestContext.Current.CancellationToken);
        var counts = new int[logits.Length];
        for (var i = 0; i < Draws; i++)
        {
            sequence.Truncate(Prompt.Length - 1);
            counts[Sample(engine, sequence, Prompt[^1], sampling)]++;
        }

        // Pearson's test; rare tokens are counted together. The limit is exceeded by chance less than once in 20,000 times.
        var (chi, cells, rareCount, rareMean) = (0.0, 0, 0, 0.0);
        for (var token = 0; token < counts.Length; token++)
        {
            var mean = Draws * expected[token];
            if (mean == 0) Assert.Equal(0, counts[token]);
            if (mean < 5) (rareCount, rareMean) = (rareCount + counts[token], rareMean + mean);
            else (chi, cells) = (chi + ((counts[token] - mean) * (counts[token] - mean) / mean), cells + 1);
        }

        if (rareMean >= 5) (chi, cells) = (chi + ((rareCount - rareMean) * (rareCount - rareMean) / rareMean), cells + 1);
        Assert.InRange(chi, 0, cells - 1 + (12 * Math.Sqrt(2 * (cells - 1))));
    }

    [Fact]
    public async Task Run_BehindAPrompt_ReturnsLogits()
    {
        using var engine = await OpenAsync("mqa-fp32");
        using var sequence = engine.CreateSequence();
        engine.Run([new EngineInput(sequence, Prompt, Sampling: SamplingParameters.Greedy)], TestContext.Current.CancellationToken);
        Assert.Null(sequence.SampledToken);
        Assert.Equal(engine.Info.VocabularySize, sequence.Logits.Length);
        _ = Sample(engine, sequence, 5, SamplingParameters.Greedy);
        Assert.Equal(0, sequence.Logits.Length);
    }

    [Fact]
    public async Task Run_GreedyPastEndTokens_GivesTheHostsIds()
    {
        using var engine = await OpenAsync("official-fp32");
        using var host = await OpenAsync("official-fp32", SamplingPlace.Host);
        using var sequence = engine.CreateSequence();
        using var other = host.CreateSequence();
        var prompt = Ids(OfficialGoldens().GetProperty("cases").EnumerateArray().First(entry => entry.GetProperty("name").GetString() == "stops on eos")
            .GetProperty("prompt_ids"));
        var expected = host.Greedy(other, prompt, 60);

        // The id 1 ends GenAI's own generation.
        Assert.Contains(1, expected[1..^1]);
        Assert.Equal(expected, engine.Greedy(sequence, prompt, 60));
        Assert.Equal(host.Greedy(other, [1], 20), engine.Greedy(sequence, [1], 20));
    }

    [Fact]
    public async Task Run_SwitchingBetweenDeviceAndHost_GivesTheHostsIds()
    {
        using var engine = await OpenAsync("mqa-fp32");
        using var host = await OpenAsync("mqa-fp32", SamplingPlace.Host);
        using var sequence = engine.CreateSequence();
        using var other = host.CreateSequence();
        var expected = host.Greedy(other, Prompt, 60);
        List<int> ids = [.. engine.Greedy(sequence, Prompt, 1)];
        for (var i = 1; i < expected.Length; i++)
        {
            ids.Add(i % 3 == 0
                ? System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(engine.Run(sequence, ids[^1]))
                : Sample(engine, sequence, ids[^1], SamplingParameters.Greedy));
        }
        Assert.Equal(expected, ids);
    }

    [Theory]
    [InlineData("mqa-fp32")]
    [InlineData("official-fp32")]
    public async Task Truncate_AfterSampledTokens_ContinuesLikeAFreshPrefill(string name)
    {
        using var engine = await OpenAsync(name);
        using var first = engine.CreateSequence();
        int[] all = [.. Prompt, .. engine.Greedy(first, Prompt, 6)];
        for (var length = 0; length < all.Length; length++)
        {
            using var sequence = engine.CreateSequence();
            engine.Greedy(sequence, Prompt, 6);
            sequence.Truncate(length);
            EngineRuns.AssertClose(engine.Fresh([.. all[..length], 44, 55]), engine.Run(sequence, 44, 55), 1e-4f, $"two tokens behind {length}");
            sequence.Truncate(length);
            EngineRuns.AssertClose(engine.Fresh([.. all[..length], 66]), engine.Run(sequence, 66), 1e-4f, $"one token behind {length}");
        }
    }

    [Fact]
    public async Task Run_CancelledWhileItSamples_KeepsTheFormerLengthAndStaysExact()
    {
        using var engine = await OpenAsync("slow-fp32");
        using var first = engine.CreateSequence();
        var expected = engine.Greedy(first, Prompt, 60);
        using var sequence = engine.CreateSequence();
        List<int> ids = [.. engine.Greedy(sequence, Prompt, 1)];
        var (attempts, interrupted) = (0, 0);
        while (ids.Count < expected.Length)
        {
            // The first one comes before the run, the others some time later.
            using var source = new CancellationTokenSource();
            var cancelling = Task.CompletedTask;
            if (attempts == 0) source.Cancel();
            else if (ids.Count % 3 == 0 && attempts < 24)
                cancelling = Task.Run(() => Cancel(source, TimeSpan.FromMicroseconds(attempts * 150)), TestContext.Current.CancellationToken);
            attempts++;
            try
            {
                engine.Run([new EngineInput(sequence, new[] { ids[^1] }, Sampling: SamplingParameters.Greedy)], source.Token);
                ids.Add(sequence.SampledToken ?? throw new InvalidOperationException("not sampled"));
            }
            catch (OperationCanceledException)
            {
                interrupted++;
                Assert.Equal(Prompt.Length + ids.Count - 1, sequence.Length);
            }

            await cancelling;
        }

        Assert.Equal(expected, ids);
        Assert.InRange(interrupted, 1, 24);

        static void Cancel(CancellationTokenSource source, TimeSpan delay)
        {
            var start = Stopwatch.GetTimestamp();
            SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(start) >= delay);
            source.Cancel();
        }
    }

    [Fact]
    public async Task Run_UpToTheContext_LeavesTheLastChoiceToTheHost()
    {
        using var engine = await OpenAsync("official-fp32");
        using var host = await OpenAsync("official-fp32", SamplingPlace.Host);
        using var sequence = engine.CreateSequence();
        using var other = host.CreateSequence();
        var count = engine.Info.ContextLength - Prompt.Length + 1;
        Assert.Equal(host.Greedy(other, Prompt, count), engine.Greedy(sequence, Prompt, count));
        Assert.Equal(engine.Info.ContextLength, sequence.Length);
        Assert.Null(sequence.SampledToken);
    }

    [Fact]
    public async Task Run_MoreSequencesThanCaches_StaysExact()
    {
        var package = await _packages.OpenAsync("mqa-fp32");
        using var engine = new GenAIEngine(new GenAIEngineOptions
        {
            Folder = package.Folder,
            KeyValueLayout = package.KeyValueLayout,
            ContextLength = package.MaxPositions,
            Engine = new EngineOptions { GenAIFolder = GenAINativeFolder.Require(), Sampling = SamplingPlace.Device },
            MaxSequences = 2,
        });
        var sequences = Enumerable.Range(0, 3).Select(_ => engine.CreateSequence()).ToArray();
        var ids = sequences.Select((sequence, i) => engine.Greedy(sequence, Prompt[..(6 + i)], 1).ToList()).ToArray();
        for (var i = 0; i < 10; i++)
        {
            for (var j = 0; j < sequences.Length; j++) ids[j].Add(Sample(engine, sequences[j], ids[j][^1], SamplingParameters.Greedy));
        }

        using var host = await OpenAsync("mqa-fp32", SamplingPlace.Host);
        for (var j = 0; j < sequences.Length; j++)
        {
            using var other = host.CreateSequence();
            Assert.Equal(host.Greedy(other, Prompt[..(6 + j)], 11), ids[j]);
        }
    }

    [Fact]
    public async Task Run_OtherOptionsThanTheCachesGenerator_ReturnsLogits()
    {
        using var engine = await OpenAsync("mqa-fp32");
        using var sequence = engine.CreateSequence();
        var warm = new SamplingParameters(0.7, 40, 0.9);
        engine.Run([new EngineInput(sequence, Prompt, Sampling: warm)], TestContext.Current.CancellationToken);
        _ = Sample(engine, sequence, 5, warm);
        foreach (var other in (SamplingParameters[])[SamplingParameters.Greedy, warm with { TopK = 41 }])
        {
            engine.Run([new EngineInput(sequence, new[] { 6 }, Sampling: other)], TestContext.Current.CancellationToken);
            Assert.Null(sequence.SampledToken);
        }

        var logits = sequence.Logits.ToArray();
        EngineRuns.AssertClose(engine.Fresh([.. Prompt, 5, 6, 6]), logits, 1e-4f, "logits");
    }

    [Theory]
    [InlineData(SamplingPlace.Host)]
    [InlineData(SamplingPlace.Auto)]
    public async Task Run_HostSamplerOrACpu_ReturnsLogits(SamplingPlace sampler)
    {
        using var engine = await OpenAsync("mqa-fp32", sampler);
        using var sequence = engine.CreateSequence();
        foreach (var sampling in (SamplingParameters[])[SamplingParameters.Greedy, new(1, 50, 1)])
        {
            engine.Run([new EngineInput(sequence, new[] { 5 }, Sampling: sampling)], TestContext.Current.CancellationToken);
            Assert.Null(sequence.SampledToken);
        }
    }

    // Requests of all kinds at once: whatever is not random gives what it gives on the host.
    [Fact]
    public async Task Generate_MixedRequestsAtOnce_GiveTheHostsTokens()
    {
        GenerationConfig plain = new() { MaxNewTokens = 30, EosTokenId = [1] };
        GenerationConfig[] configs =
        [
            plain, plain with { RepetitionPenalty = 1.3 }, plain with { DoSample = true, Seed = 5, Temperature = 1.2 }, plain with
            {
                DoSample = true,
                NumReturnSequences = 2,
            }, plain with { MinNewTokens = 8 },
        ];
        using var device = await LoadAsync(SamplingPlace.Device);
        using var host = await LoadAsync(SamplingPlace.Host);
        for (var turn = 0; turn < 2; turn++)
        {
            var all = await Task.WhenAll(configs.Select(config =>
                device.GenerateSequencesAsync(Prompt, new GenerationRequest { Config = config }, TestContext.Current.CancellationToken)));
            for (var i = 0; i < configs.Length; i++)
            {
                var expected = await host.GenerateSequencesAsync(Prompt, new GenerationRequest { Config = configs[i] }, TestContext.Current.CancellationToken);
                if (configs[i].DoSample is true && configs[i].Seed is null) Assert.All(all[i], sequence => Assert.InRange(sequence.Ids.Count, 1, 30));
                else Assert.Equal(expected[0].Ids, all[i][0].Ids);
            }
        }

        var explained = await device.GenerateSequencesAsync(Prompt, new GenerationRequest
        {
            Config = plain,
            Alternatives = 2,
        }, TestContext.Current.CancellationToken);
        Assert.Equal(explained[0].Ids, explained[0].Choices.Select(choice => choice.Id));
    }

    private protected override IInferenceEngine Open(ModelPackage package) => Open(package, SamplingPlace.Device);

    private async Task<IInferenceEngine> OpenAsync(string name, SamplingPlace sampler) => Open(await _packages.OpenAsync(name), sampler);

    private static IInferenceEngine Open(ModelPackage package, SamplingPlace sampler) =>
        EngineFactory.Create(package, new EngineOptions
        {
            Kind = GemmaEngine.GenAI,
            GenAIFolder = GenAINativeFolder.Require(),
            Threads = 1,
            Sampling = sampler,
        });

    private async Task<GemmaModel> LoadAsync(SamplingPlace sampler) =>
        await GemmaModel.LoadAsync(await _packages.FolderAsync("mqa-fp32"), new GemmaModelOptions
        {
            Engine = new() { Kind = GemmaEngine.GenAI, GenAIFolder = GenAINativeFolder.Require(), Threads = 1, Sampling = sampler },
        }, cancellationToken: TestContext.Current.CancellationToken);

    private static int Sample(IInferenceEngine engine, IEngineSequence sequence, int token, SamplingParameters sampling)
    {
        engine.Run([new EngineInput(sequence, new[] { token }, Sampling: sampling)], TestContext.Current.CancellationToken);
        return sequence.SampledToken ?? throw new InvalidOperationException("The engine did not choose.");
    }

    private static double[] Distribution(GenerationConfig config, float[] logits)
    {
        var scores = new TokenScores(logits.Length);
        scores.Load(logits);
        foreach (var processor in ProcessorPipeline.Create(config, new SelectionContext(logits.Length, 1, [1]))) processor.Process(scores, Prompt);
        var result = new double[logits.Length];
        var probabilities = scores.Probabilities();
        for (var i = 0; i < probabilities.Length; i++) result[scores.TokenAt(i)] = probabilities[i];
        return result;
    }
}
