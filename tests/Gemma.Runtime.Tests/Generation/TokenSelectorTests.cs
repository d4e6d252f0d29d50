using System.Text.Json;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Generation.Sampling;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Tests.Generation;

/// <summary>Sampling draws with the probabilities that the processors leave, the same numbers for the same seed.</summary>
public sealed class TokenSelectorTests
{
    private const int Draws = 20_000;
    private static readonly float[] Logits = [2, 1, 0, -1, float.NegativeInfinity, 0.5f, -3, 1.5f];

    public static TheoryData<string> Options =>
    [
        """{"do_sample": true}""",
        """{"do_sample": true, "temperature": 0.5}""",
        """{"do_sample": true, "temperature": 2.0, "top_k": 3}""",
        """{"do_sample": true, "top_p": 0.8}""",
        """{"do_sample": true, "top_k": 0, "min_p": 0.3}""",
        """{"do_sample": true, "repetition_penalty": 1.5, "suppress_tokens": [7]}""",
        """{"do_sample": true, "presence_penalty": 0.7, "frequency_penalty": 0.4}""",
    ];

    [Theory]
    [MemberData(nameof(Options))]
    public void Select_ManyDraws_FollowsTheProcessedDistribution(string options)
    {
        using var document = JsonDocument.Parse(options);
        var config = GenerationConfig.Parse(document.RootElement) with { Seed = 42 };
        var selector = Selector(config);
        var counts = new int[Logits.Length];
        for (var i = 0; i < Draws; i++) counts[selector.Select(Logits, Tokens)]++;
        var expected = Distribution(config);
        for (var token = 0; token < counts.Length; token++)
        {
            // Five standard deviations of a binomial count.
            var mean = Draws * expected[token];
            Assert.InRange(counts[token], mean - (5 * Math.Sqrt(mean)), mean + (5 * Math.Sqrt(mean)));
        }
    }

    [Fact]
    public void Select_SameSeed_DrawsTheSameTokensAndOtherStreamsDrawOthers()
    {
        Assert.Equal(Sequence(long.MinValue, 0), Sequence(long.MinValue, 0));
        Assert.NotEqual(Sequence(7, 0), Sequence(8, 0));
        Assert.NotEqual(Sequence(7, 0), Sequence(7, 1));
        Assert.NotEqual(Sequence(7, 1), Sequence(8, 1));
        Assert.NotEqual(Sequence(7, 0), Sequence(7 + (1L << 40), 0));
    }

    // The generator is part of the contract: other platforms and later versions draw the same.
    [Fact]
    public void NextDouble_KnownSeed_GivesTheReferenceNumbers()
    {
        var random = new RandomSource(0);
        Assert.Equal([0.6012629994179048, 0.7477740925472398, 0.10301998939503632], [random.NextDouble(), random.NextDouble(), random.NextDouble()]);
    }

    [Fact]
    public void Select_Greedy_TakesTheFirstOfTheBest()
    {
        var selector = new TokenSelector(new GenerationConfig(), 4, 1, [1]);
        Assert.Equal(1, selector.Select([0, 3, 3, 1], [2]));
        Assert.Equal(3, selector.Explain([0, 3, 3, 1], 1, 0).Score);
        Assert.True(selector.IsStop(1));
    }

    [Fact]
    public void Select_AllTokensExcluded_NamesTheOptions()
    {
        var selector = new TokenSelector(new GenerationConfig { SuppressTokens = [0, 1, 2] }, 3, 1, [1]);
        Assert.Throws<InvalidGenerationConfigException>(() => selector.Select([0, 1, 2], [2]));
    }

    [Fact]
    public void Select_LogitsNotNumbers_ThrowsTypedError()
    {
        var greedy = new TokenSelector(new GenerationConfig(), 3, 1, [1]);
        var sampling = new TokenSelector(new GenerationConfig { DoSample = true, TopK = 2 }, 3, 1, [1]);
        Assert.Throws<GemmaException>(() => greedy.Select([0, float.NaN, 1], [2]));
        Assert.ThrowsAny<GemmaException>(() => sampling.Select([float.NaN, float.NaN, float.NaN], [2]));
    }

    [Theory]
    [InlineData("{}", 1, 1, 1)]
    [InlineData("""{"temperature": 0.5, "top_k": 7}""", 1, 1, 1)]
    [InlineData("""{"do_sample": true}""", 1, 50, 1)]
    [InlineData("""{"do_sample": true, "temperature": 0.5, "top_k": 3, "top_p": 0.75}""", 0.5, 3, 0.75)]
    [InlineData("""{"do_sample": true, "top_p": 1.5}""", 1, 50, 1)]
    public void Sampling_PlainOptions_GivesThemToTheEngine(string options, double temperature, int topK, double topP) =>
        Assert.Equal(new SamplingParameters(temperature, topK, topP), Selector(GenerationConfig.Parse(JsonDocument.Parse(options).RootElement)).Sampling);

    [Theory]
    [InlineData("""{"repetition_penalty": 1.1}""")]
    [InlineData("""{"min_new_tokens": 3}""")]
    [InlineData("""{"suppress_tokens": [3]}""")]
    [InlineData("""{"remove_invalid_values": true}""")]
    [InlineData("""{"do_sample": true, "top_k": 0, "top_p": 0.9}""")]
    [InlineData("""{"do_sample": true, "top_k": 1}""")]
    [InlineData("""{"do_sample": true, "top_p": 0.0}""")]
    [InlineData("""{"do_sample": true, "min_p": 0.1}""")]
    [InlineData("""{"do_sample": true, "renormalize_logits": true}""")]
    [InlineData("""{"do_sample": true, "presence_penalty": 0.5}""")]
    public void Sampling_OtherOptions_StaysHere(string options) =>
        Assert.Null(Selector(GenerationConfig.Parse(JsonDocument.Parse(options).RootElement)).Sampling);

    [Fact]
    public void Sampling_Constraint_StaysHere() => Assert.Null(new TokenSelector(new GenerationConfig(), 4, 1, [1], constraint: new AnyToken()).Sampling);

    [Fact]
    public void Sampling_Seed_StaysHere() => Assert.Null(Selector(new GenerationConfig { DoSample = true, Seed = 1 }).Sampling);

    private static readonly int[] Tokens = [2, 0, 0, 0];

    private static TokenSelector Selector(GenerationConfig config) => new(config, Logits.Length, 1, [1]);

    private static int[] Sequence(long seed, int stream)
    {
        var selector = new TokenSelector(new GenerationConfig { DoSample = true, Seed = seed }, new SelectionContext(Logits.Length, 1, [1]), stream: stream);
        return [.. Enumerable.Range(0, 40).Select(_ => selector.Select(Logits, Tokens))];
    }

    private static double[] Distribution(GenerationConfig config)
    {
        var scores = new TokenScores(Logits.Length);
        scores.Load(Logits);
        foreach (var processor in ProcessorPipeline.Create(config, new SelectionContext(Logits.Length, 1, [1]))) processor.Process(scores, Tokens);
        var result = new double[Logits.Length];
        var probabilities = scores.Probabilities();
        for (var i = 0; i < probabilities.Length; i++) result[scores.TokenAt(i)] = probabilities[i];
        return result;
    }

    private sealed class AnyToken : ITokenConstraint
    {
        public bool IsComplete => false;

        public void Mask(Span<float> scores)
        {
        }

        public void Accept(int token)
        {
        }
    }
}
