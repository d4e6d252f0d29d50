using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.Processors;
using Microsoft.Extensions.Time.Testing;

namespace Gemma.Runtime.Tests.Generation.Scheduling.Drafts;

/// <summary>
/// An engine whose next token depends on the last one only, by a table: what it should give is known exactly, and what its passes take is set.
/// </summary>
/// <param name="table">The logits after each token.</param>
/// <param name="clock">Moves by what a pass takes.</param>
internal sealed class MarkovEngine(float[][] table, FakeTimeProvider? clock = null) : IInferenceEngine
{
    private int _run;

    /// <summary>What a pass takes, and each of its tokens after the first.</summary>
    public (double Pass, double Token) Milliseconds { get; set; } = (1, 0.1);

    /// <summary>Fails every pass, where it is set.</summary>
    public Exception? Failure { get; set; }

    public int Passes => _run;

    public int Disposals { get; private set; }

    /// <summary>Sequences that are not disposed.</summary>
    public int Sequences { get; private set; }

    public EngineInfo Info { get; } =
        new("markov", "1", "cpu", table.Length, 0, 4096, 32, 1, false, int.MaxValue) { Threads = ThreadSettings.For(1, false) };

    /// <summary>A table of random logits.</summary>
    /// <param name="seed">Makes it.</param>
    /// <param name="tokens">Tokens of the vocabulary.</param>
    /// <param name="range">The greatest logit; the least is 0.</param>
    /// <param name="noise">How far the table is from that of noise 0.</param>
    public static float[][] Table(int seed, int tokens, double range = 4, double noise = 0)
    {
        var (random, other) = (new Random(seed), new Random(seed + 1));
        return [.. Enumerable.Range(0, tokens).Select(_ => (float[])[.. Enumerable.Range(0, tokens)
            .Select(_ => (float)((random.NextDouble() * range) + (noise * other.NextDouble())))])];
    }

    public IEngineSequence CreateSequence()
    {
        Sequences++;
        return new Sequence(this);
    }

    public void Run(ReadOnlySpan<EngineInput> batch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Failure is not null) throw Failure;
        _run++;
        var tokens = 0;
        foreach (ref readonly var input in batch)
        {
            input.Validate(Info, table.Length);
            ((Sequence)input.Sequence).Append(input);
            tokens += input.Tokens.Length;
        }

        clock?.Advance(TimeSpan.FromMilliseconds(Milliseconds.Pass + ((tokens - 1) * Milliseconds.Token)));
    }

    public void Dispose() => Disposals++;

    private sealed class Sequence(MarkovEngine engine) : IEngineSequence
    {
        private readonly List<int> _tokens = [];
        private float[] _logits = [];
        private bool _disposed;

        public int Length => _tokens.Count;

        public ReadOnlySpan<float> Logits => _logits;

        public ReadOnlySpan<float> HiddenStates => [];

        public void Append(EngineInput input)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _tokens.AddRange(input.Tokens.Span);
            _logits = [.. _tokens.TakeLast(input.LogitsToKeep).SelectMany(token => engine.Row(token))];
        }

        public void Reserve(int length)
        {
        }

        public void Truncate(int length) => _tokens.RemoveRange(length, _tokens.Count - length);

        public void CopyFrom(IEngineSequence source, int length)
        {
            _tokens.Clear();
            _tokens.AddRange(((Sequence)source)._tokens.Take(length));
        }

        public void Dispose()
        {
            if (_disposed) return;
            _disposed = true;
            engine.Sequences--;
        }
    }

    private float[] Row(int token) => table[token];
}
