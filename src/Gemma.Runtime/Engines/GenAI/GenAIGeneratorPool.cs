namespace Gemma.Runtime.Engines.GenAI;

/// <summary>
/// The generators of all sequences. Each is as long as its sequence is said to become, never as the model's context. Over the limit of memory
/// or of sequences, the generator that was used longest ago is freed: its sequence still knows its ids and computes them again when it runs.
/// </summary>
internal sealed class GenAIGeneratorPool(GenAIModel model, GenAIEngineOptions options, long bytesPerToken) : IDisposable
{
    private const int SmallestCapacity = 256;

    // A longer announcement may be a mere limit, such as the rest of the context.
    private const int LongestReservation = 4096;

    // Least recently used first.
    private readonly List<GenAISequence> _holders = [];

    /// <summary>A sequence's generator with room for a number of tokens, holding as much of the sequence as it can.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="needed">The number of tokens.</param>
    /// <param name="sampling">How a new generator chooses tokens.</param>
    /// <param name="next">The token to be sampled behind next, or null.</param>
    public GenAIGenerator Prepare(GenAISequence sequence, int needed, SamplingParameters sampling, int? next)
    {
        if (sequence.Generator is { } current)
        {
            var kept = current.Ids.CommonPrefixLength(sequence.Ids);
            if (current.Capacity >= needed && current.TryRewind(kept, kept == sequence.Length ? next : null))
            {
                _holders.Remove(sequence);
                _holders.Add(sequence);
                return current;
            }

            Free(sequence);
        }

        var capacity = Capacity(sequence, needed);
        MakeRoom(capacity);
        var generator = new GenAIGenerator(model, capacity, sampling);
        sequence.Generator = generator;
        _holders.Add(sequence);
        return generator;
    }

    /// <summary>Frees a sequence's generator.</summary>
    public void Free(GenAISequence sequence)
    {
        _holders.Remove(sequence);
        sequence.Generator?.Dispose();
        sequence.Generator = null;
    }

    /// <summary>The length of the generator of a sequence that is said to get so many tokens.</summary>
    public int CapacityOf(int tokens) => tokens <= LongestReservation ? Math.Min(tokens, options.ContextLength) : Doubled(tokens);

    public void Dispose()
    {
        while (_holders.Count > 0) Free(_holders[^1]);
    }

    private int Capacity(GenAISequence sequence, int needed) =>
        sequence.ReservedLength >= needed && sequence.ReservedLength <= LongestReservation ? CapacityOf(sequence.ReservedLength) : Doubled(needed);

    private int Doubled(int needed)
    {
        var capacity = SmallestCapacity;
        while (capacity < needed) capacity = checked(capacity * 2);
        return Math.Min(capacity, options.ContextLength);
    }

    private void MakeRoom(int capacity)
    {
        var limit = options.Engine.MaxCacheBytes ?? long.MaxValue;
        var bytes = capacity * bytesPerToken;
        if (bytes > limit)
        {
            throw new EngineException(
                $"A sequence of {capacity} tokens needs {bytes} bytes of key-value cache, more than the limit of {limit}; raise it or ask for fewer tokens.");
        }
        while (_holders.Count > 0 && (_holders.Count >= options.MaxSequences || _holders.Sum(Bytes) > limit - bytes)) Free(_holders[0]);
    }

    private long Bytes(GenAISequence sequence) => sequence.Generator!.Capacity * bytesPerToken;
}
