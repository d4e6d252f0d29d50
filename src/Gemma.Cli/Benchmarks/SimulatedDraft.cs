using Gemma.Runtime.Engines;

namespace Gemma.Cli.Benchmarks;

/// <summary>
/// A draft model that takes its own time and guesses as often right as it is told, and is as sure as that: random weights agree on nothing.
/// </summary>
/// <param name="engine">Takes the time; not disposed with this.</param>
/// <param name="text">What the request will choose, from its first token on.</param>
/// <param name="acceptance">The share of guesses that are right, 0 to 1.</param>
/// <param name="vocabulary">Tokens of the larger model.</param>
internal sealed class SimulatedDraft(IInferenceEngine engine, int[] text, double acceptance, int vocabulary) : IInferenceEngine
{
    private const double MostConfidence = 0.999;
    private readonly Random _random = new(1);

    // Both models'.
    private readonly int _vocabulary = Math.Min(vocabulary, engine.Info.VocabularySize);

    public EngineInfo Info => engine.Info;

    public IEngineSequence CreateSequence() => new Sequence(this, engine.CreateSequence());

    public CacheDemand DemandOf(int tokens) => engine.DemandOf(tokens);

    public bool CanHold(CacheDemand demand) => engine.CanHold(demand);

    public void Trim() => engine.Trim();

    public void Run(ReadOnlySpan<EngineInput> batch, CancellationToken cancellationToken)
    {
        var inputs = batch.ToArray();
        for (var i = 0; i < inputs.Length; i++) inputs[i] = inputs[i] with { Sequence = ((Sequence)inputs[i].Sequence).Inner };
        engine.Run(inputs, cancellationToken);
        foreach (ref readonly var input in batch) ((Sequence)input.Sequence).Guess();
    }

    public void Dispose()
    {
    }

    // The logit is the one beside zeros that makes the guess as likely as it is right.
    private (int Guess, float Logit) Next(int position)
    {
        var (right, confidence) = (text[Math.Min(position, text.Length - 1)], Math.Min(acceptance, MostConfidence));
        return (_random.NextDouble() < acceptance ? right : (right + 1) % _vocabulary, (float)Math.Log(confidence / (1 - confidence) * (_vocabulary - 1)));
    }

    private sealed class Sequence(SimulatedDraft draft, IEngineSequence inner) : IEngineSequence
    {
        private readonly float[] _logits = new float[draft.Info.VocabularySize];
        private int _guess;

        public IEngineSequence Inner => inner;

        public int Length => inner.Length;

        public int ShortestLength => inner.ShortestLength;

        public ReadOnlySpan<float> Logits => _logits;

        public ReadOnlySpan<float> HiddenStates => [];

        public void Guess()
        {
            _logits[_guess] = 0;
            (_guess, var logit) = draft.Next(Length);
            _logits[_guess] = logit;
        }

        public void Reserve(int length) => inner.Reserve(length);

        public void Truncate(int length) => inner.Truncate(length);

        public void CopyFrom(IEngineSequence source, int length) => inner.CopyFrom(((Sequence)source).Inner, length);

        public void Dispose() => inner.Dispose();
    }
}
