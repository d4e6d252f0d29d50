using System.Runtime.InteropServices;

namespace Gemma.Runtime.Engines.GenAI;

/// <summary>
/// A sequence as its token ids. The generator that holds their keys and values may be rewound, replaced or taken away; it is brought up to the ids by the next
/// run.
/// </summary>
internal sealed class GenAISequence(GenAIEngine engine) : IEngineSequence
{
    private readonly List<int> _ids = [];
    private float[] _logits = [];
    private float[] _hidden = [];
    private int _logitsCount;
    private int _hiddenCount;
    private int? _sampled;
    private int _run = -1;

    public int Length => _ids.Count;

    public ReadOnlySpan<int> Ids => CollectionsMarshal.AsSpan(_ids);

    /// <summary>The native generator, or null while there is none.</summary>
    public GenAIGenerator? Generator { get; set; }

    /// <summary>The length that was announced; the next generator is made for it.</summary>
    public int ReservedLength { get; private set; }

    public bool IsDisposed { get; private set; }

    public ReadOnlySpan<float> Logits => Results(_logits, _logitsCount);

    public ReadOnlySpan<float> HiddenStates => Results(_hidden, _hiddenCount);

    public int? SampledToken => _run == engine.CurrentRun ? _sampled : throw Stale();

    public bool BelongsTo(GenAIEngine other) => ReferenceEquals(engine, other);

    public void Reserve(int length)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ReservedLength = length;
    }

    public void Truncate(int length)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if ((uint)length > (uint)Length) throw new ArgumentOutOfRangeException(nameof(length), length, $"The sequence holds {Length} tokens.");
        CollectionsMarshal.SetCount(_ids, length);
    }

    public void CopyFrom(IEngineSequence source, int length)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        var other = (GenAISequence)source;
        if (!other.BelongsTo(engine)) throw new ArgumentException("The source belongs to another engine.", nameof(source));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)other.Length, nameof(length));
        if (ReferenceEquals(source, this))
        {
            Truncate(length);
            return;
        }

        // GenAI cannot copy a cache: the next run computes these tokens together with the new ones.
        _ids.Clear();
        _ids.AddRange(other.Ids[..length]);
    }

    public void Dispose()
    {
        if (IsDisposed) return;
        IsDisposed = true;
        engine.Release(this);
    }

    /// <summary>Makes room for a run's results.</summary>
    public (Memory<float> Logits, Memory<float> Hidden) ReserveResults(int run, int logits, int hidden)
    {
        if (_logits.Length < logits) _logits = new float[logits];
        if (_hidden.Length < hidden) _hidden = new float[hidden];
        (_run, _logitsCount, _hiddenCount, _sampled) = (run, logits, hidden, null);
        return (_logits.AsMemory(0, logits), _hidden.AsMemory(0, hidden));
    }

    /// <summary>Takes the token that a run chose, its only result.</summary>
    public void TakeSampled(int run, int token) => (_run, _logitsCount, _hiddenCount, _sampled) = (run, 0, 0, token);

    /// <summary>Takes the tokens of a successful run.</summary>
    public void Append(ReadOnlySpan<int> tokens) => _ids.AddRange(tokens);

    private ReadOnlySpan<float> Results(float[] values, int count) => _run == engine.CurrentRun ? values.AsSpan(0, count) : throw Stale();

    private static InvalidOperationException Stale() => new("The results are those of an earlier run: read them before the engine runs again.");
}
