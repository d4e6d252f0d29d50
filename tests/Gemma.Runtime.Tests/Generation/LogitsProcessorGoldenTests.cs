using System.Text.Json;
using Gemma.Runtime.Generation.Sampling;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Tests.Generation;

/// <summary>Every processor, alone and in generate()'s chains, gives the scores that transformers' gives.</summary>
public sealed class LogitsProcessorGoldenTests
{
    private static readonly JsonElement Goldens = GoldenFile.Load("logits-processors.json");

    public static TheoryData<int> Singles => [.. Enumerable.Range(0, Goldens.GetProperty("single").GetArrayLength())];

    public static TheoryData<int> Chains => [.. Enumerable.Range(0, Goldens.GetProperty("chains").GetArrayLength())];

    [Theory]
    [MemberData(nameof(Singles))]
    public void Process_SingleProcessor_GivesTransformersScores(int index)
    {
        var golden = Goldens.GetProperty("single")[index];
        var (scores, history) = Input(golden);
        Create(golden.GetProperty("processor").GetString()!, golden.GetProperty("args"), scores.VocabularySize).Process(scores, history);
        AssertScores(golden, scores, $"{golden.GetProperty("processor")} {golden.GetProperty("args")} on {golden.GetProperty("input")}");
    }

    [Theory]
    [MemberData(nameof(Chains))]
    public void Create_OptionsOfChain_GivesTransformersProcessorsAndScores(int index)
    {
        var golden = Goldens.GetProperty("chains")[index];
        var what = $"{golden.GetProperty("options")} on {golden.GetProperty("input")}";
        var (scores, history) = Input(golden);
        var config = GenerationConfig.Parse(golden.GetProperty("options")) with { DoSample = true };
        var processors = ProcessorPipeline.Create(config, new SelectionContext(scores.VocabularySize, golden.GetProperty("prompt_length").GetInt32(), [1]));
        var steps = golden.GetProperty("steps").EnumerateArray().ToArray();
        Assert.Equal(steps.Length, processors.Length);
        for (var i = 0; i < steps.Length; i++)
        {
            processors[i].Process(scores, history);
            var kept = Dense(scores).Count(float.IsFinite);
            Assert.True(steps[i].GetProperty("kept").GetInt32() == kept,
                $"{what}: {steps[i].GetProperty("processor")} keeps {kept} instead of {steps[i].GetProperty("kept")}");
        }

        AssertScores(golden, scores, what);
        var probabilities = Scatter(scores, scores.Probabilities(), 0);
        if (!golden.GetProperty("tie_split").GetBoolean())
            AssertClose(GoldenFile.Numbers(golden.GetProperty("probabilities")), probabilities, 1e-5f, what + ": probabilities");
    }

    private static (TokenScores Scores, int[] History) Input(JsonElement golden)
    {
        var input = Goldens.GetProperty("inputs").EnumerateArray().Single(i => i.GetProperty("id").ValueEquals(golden.GetProperty("input").GetString()));
        var values = GoldenFile.Numbers(input.GetProperty("scores"));
        var scores = new TokenScores(values.Length);
        scores.Load(values);
        return (scores, GoldenFile.Ids(input.GetProperty("history")));
    }

    private static LogitsProcessor Create(string name, JsonElement args, int vocabulary)
    {
        double Value(string key) => args.GetProperty(key).GetDouble();
        int Int(string key, int otherwise = 0) => args.TryGetProperty(key, out var value) ? value.GetInt32() : otherwise;
        var config = name == "renormalize_logits"
            ? new()
            : GenerationConfig.Parse(JsonElement.Parse($$"""{"{{name}}": {{args.GetProperty(name).GetRawText()}}}"""));
        var least = Int("min_tokens_to_keep", 1);
        var prompt = Int("prompt_length");
        return name switch
        {
            "temperature" => new TemperatureProcessor(Value(name)),
            "top_k" => new TopKProcessor(Int(name), least),
            "top_p" => new TopPProcessor(Value(name), least),
            "min_p" => new MinPProcessor(Value(name), least),
            "typical_p" => new TypicalProcessor(Value(name), least),
            "epsilon_cutoff" => new EpsilonCutoffProcessor(Value(name), least),
            "eta_cutoff" => new EtaCutoffProcessor(Value(name), least),
            "top_h" => new TopHProcessor(Value(name)),
            "repetition_penalty" => new RepetitionPenaltyProcessor(Value(name), vocabulary, Int("left_padding")),
            "no_repeat_ngram_size" => new NoRepeatNgramProcessor(Int(name)),
            "bad_words_ids" => new BadWordsProcessor(config.BadWordsIds!, [1], vocabulary),
            "sequence_bias" => new SequenceBiasProcessor(name, config.SequenceBias!.Select(b => (b.TokenIds, (float)b.Bias)), vocabulary),
            "suppress_tokens" => new SuppressTokensProcessor(config.SuppressTokens!),
            "begin_suppress_tokens" => new SuppressTokensProcessor(config.BeginSuppressTokens!, prompt),
            "min_length" => new MinLengthProcessor(Int(name), [1]),
            "min_new_tokens" => new MinLengthProcessor(prompt + Int(name), [1]),
            "forced_eos_token_id" => new ForcedTokensProcessor(config.ForcedEosTokenId!, Int("max_length") - 1),
            "exponential_decay_length_penalty" => new ExponentialDecayProcessor(config.ExponentialDecayLengthPenalty!, [1], prompt),
            "renormalize_logits" => new RenormalizeProcessor(),
            _ => throw new InvalidDataException(name),
        };
    }

    private static void AssertScores(JsonElement golden, TokenScores scores, string what)
    {
        var (expected, actual) = (GoldenFile.Numbers(golden.GetProperty("scores")), Dense(scores));
        if (golden.GetProperty("tie_split").GetBoolean())
        {
            Array.Sort(expected);
            Array.Sort(actual);
        }

        AssertClose(expected, actual, 2e-4f, what);
    }

    private static float[] Dense(TokenScores scores) => Scatter(scores, scores.Values, float.NegativeInfinity);

    private static float[] Scatter(TokenScores scores, ReadOnlySpan<float> values, float otherwise)
    {
        var dense = new float[scores.VocabularySize];
        Array.Fill(dense, otherwise);
        for (var i = 0; i < values.Length; i++) dense[scores.TokenAt(i)] = values[i];
        return dense;
    }

    private static void AssertClose(float[] expected, float[] actual, float tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            var same = expected[i] == actual[i] || MathF.Abs(expected[i] - actual[i]) <= tolerance + (1e-5f * MathF.Abs(expected[i]));
            Assert.True(same, $"{what}: element {i} is {actual[i]} instead of {expected[i]}");
        }
    }
}
