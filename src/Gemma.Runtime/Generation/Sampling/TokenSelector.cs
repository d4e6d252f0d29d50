using System.Numerics.Tensors;
using System.Security.Cryptography;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Chooses the tokens of one sequence: the processors of its options, then the best token or a random one.</summary>
/// <remarks>Used by one thread at a time; allocates nothing per token after the first one.</remarks>
internal sealed class TokenSelector
{
    private readonly LogitsProcessor[] _processors;
    private readonly SelectionContext _context;
    private readonly ITokenConstraint? _constraint;
    private readonly RandomSource? _random;
    private TokenScores? _scores;
    private float[] _scratch = [];
    private float _lastScore;

    /// <summary>Creates the selector of a sequence.</summary>
    /// <param name="config">The merged options.</param>
    /// <param name="context">Vocabulary, prompt length, stop tokens, greatest length.</param>
    /// <param name="constraint">What tokens are allowed, or null.</param>
    /// <param name="stream">Which of the returned sequences of a sampling request this is: each draws other numbers.</param>
    /// <exception cref="InvalidGenerationConfigException">An option is out of range.</exception>
    public TokenSelector(GenerationConfig config, SelectionContext context, ITokenConstraint? constraint = null, int stream = 0)
    {
        _context = context;
        _constraint = constraint;
        _processors = ProcessorPipeline.Create(config, context, constraint);
        Sampling = SamplingOf(config, _processors);
        if (config.DoSample == true) _random = new RandomSource(config.Seed ?? BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))), stream);
    }

    /// <summary>Creates the selector of a sequence without padding.</summary>
    public TokenSelector(GenerationConfig config, int vocabularySize, int promptLength, IReadOnlyList<int> stopIds, int maxLength = int.MaxValue,
        ITokenConstraint? constraint = null)
        : this(config, new SelectionContext(vocabularySize, promptLength, stopIds, maxLength), constraint)
    {
    }

    /// <summary>
    /// How an engine may choose tokens in place of <see cref="Select"/>, or null where that would show: in probabilities, or in what a seed gives.
    /// </summary>
    public SamplingParameters? Sampling { get; }

    /// <summary>Whether a token ends the sequence.</summary>
    public bool IsStop(int token)
    {
        foreach (var id in _context.StopIds)
        {
            if (id == token) return true;
        }

        return false;
    }

    /// <summary>Chooses the next token.</summary>
    /// <param name="logits">[vocabulary], of the last position.</param>
    /// <param name="tokens">Prompt and generated tokens, left padding included.</param>
    /// <exception cref="GemmaException">The logits are no numbers, or no token is left to choose.</exception>
    public int Select(ReadOnlySpan<float> logits, ReadOnlySpan<int> tokens)
    {
        if (logits.Length != _context.VocabularySize)
            throw new ArgumentException($"{logits.Length} logits were given for a vocabulary of {_context.VocabularySize}.", nameof(logits));
        var token = _random is null && _processors.Length == 0 ? Best(logits) : Process(logits, tokens);
        _constraint?.Accept(token);
        return token;
    }

    /// <summary>The model's own probabilities of the token chosen last and of the most likely ones, before any processor.</summary>
    /// <param name="logits">[vocabulary].</param>
    /// <param name="token">The chosen token.</param>
    /// <param name="alternatives">How many of the most likely tokens to name.</param>
    public TokenChoice Explain(ReadOnlySpan<float> logits, int token, int alternatives)
    {
        if (_scratch.Length < logits.Length) _scratch = new float[logits.Length];
        var logSum = Softmax.LogSumExp(logits, _scratch);
        return new TokenChoice(token, (float)(logits[token] - logSum),
            [.. TopTokens.Of(logits, alternatives).Select(best => new TokenLogProbability(best.Id, (float)(best.Logit - logSum)))])
        { Score = _lastScore };
    }

    // Top-p alone is not handed over: GenAI 0.18 finds its mass by a bound on the CPU and keeps many tokens too many (37 instead of 6, measured).
    private static SamplingParameters? SamplingOf(GenerationConfig config, LogitsProcessor[] processors)
    {
        if (config.DoSample != true) return processors.Length == 0 ? SamplingParameters.Greedy : null;
        if (config.Seed is not null || !processors.All(processor => processor is TemperatureProcessor or TopKProcessor or TopPProcessor)) return null;
        return (config.TopK ?? 50) is > 1 and var topK && config.TopP is not <= 0
            ? new SamplingParameters(config.Temperature ?? 1, topK, Math.Min(1, config.TopP ?? 1))
            : null;
    }

    private int Best(ReadOnlySpan<float> logits)
    {
        var best = TensorPrimitives.IndexOfMax(logits);
        _lastScore = logits[best];
        return float.IsNaN(_lastScore) ? throw TokenScores.NotNumbers() : best;
    }

    private int Process(ReadOnlySpan<float> logits, ReadOnlySpan<int> tokens)
    {
        _scores ??= new TokenScores(logits.Length);
        _scores.Load(logits);
        foreach (var processor in _processors) processor.Process(_scores, tokens);
        var index = _random is null ? _scores.IndexOfBest() : TokenSampler.Draw(_scores, _random);
        _lastScore = _scores.Values[index];
        return _scores.TokenAt(index);
    }
}
