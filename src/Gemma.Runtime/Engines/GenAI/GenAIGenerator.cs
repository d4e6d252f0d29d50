using System.Runtime.InteropServices;

namespace Gemma.Runtime.Engines.GenAI;

/// <summary>
/// A native generator: the keys and values of one sequence in a buffer of fixed size. A token that it chooses itself is pending: GenAI counts it, but
/// its keys and values are computed with the next choice, or never if another token follows. An append follows every rewind before logits are read.
/// </summary>
internal sealed unsafe class GenAIGenerator : IDisposable
{
    private readonly GenAIGeneratorHandle _handle;
    private readonly List<int> _ids = [];
    private int? _pending;
    private volatile bool _terminated;

    public GenAIGenerator(GenAIModel model, int capacity, SamplingParameters sampling)
    {
        (Capacity, Sampling) = (capacity, sampling);
        GenAIResult.Check(GenAINative.OgaCreateGeneratorParams(model.Handle, out var parameters), "create a generator");
        using (parameters)
        {
            foreach (var (name, value) in Numbers(capacity, sampling))
                GenAIResult.Check(GenAINative.OgaGeneratorParamsSetSearchNumber(parameters, name, value), $"set {name}");
            GenAIResult.Check(GenAINative.OgaGeneratorParamsSetSearchBool(parameters, "do_sample", sampling.TopK > 1), "set do_sample");

            // In the shared buffer the cache is written in place, and a rewind is exact at every length.
            GenAIResult.Check(GenAINative.OgaGeneratorParamsSetSearchBool(parameters, "past_present_share_buffer", true), "share the cache's buffer");
            GenAIResult.Check(GenAINative.OgaCreateGenerator(model.Handle, parameters, out _handle), $"create a generator of {capacity} tokens");
        }
    }

    /// <summary>Tokens that its buffer holds.</summary>
    public int Capacity { get; }

    /// <summary>How it chooses tokens: settled when it is made.</summary>
    public SamplingParameters Sampling { get; }

    /// <summary>The tokens whose keys and values it holds.</summary>
    public ReadOnlySpan<int> Ids => CollectionsMarshal.AsSpan(_ids);

    /// <summary>Whether it was interrupted: it says nothing about it, but its cache is then incomplete, and it must be disposed.</summary>
    public bool IsTerminated => _terminated;

    /// <summary>Computes tokens behind the ones it holds, none being pending.</summary>
    public void Append(ReadOnlySpan<int> ids)
    {
        GenAIResult.Check(GenAINative.OgaGenerator_AppendTokens(_handle, ids, (nuint)ids.Length), "compute tokens");
        _ids.AddRange(ids);
    }

    /// <summary>Computes a token and chooses the one behind it.</summary>
    /// <param name="id">The token; nothing is appended if it is the pending one.</param>
    public int Sample(int id)
    {
        if (_pending is null) Append([id]);
        else _ids.Add(id);
        GenAIResult.Check(GenAINative.OgaGenerator_GenerateNextToken(_handle), "choose a token");
        GenAIResult.Check(GenAINative.OgaGenerator_GetNextTokens(_handle, out var tokens, out _), "read the chosen token");

        // An end token of the package's configuration is not kept.
        var token = *tokens;
        _pending = GenAINative.OgaGenerator_TokenCount(_handle) > (nuint)_ids.Count ? token : null;
        return token;
    }

    /// <summary>Forgets tokens, and the pending one too unless it comes next; the next call must be <see cref="Append"/> or <see cref="Sample"/>.</summary>
    /// <param name="length">The tokens to keep.</param>
    /// <param name="next">The token to be sampled behind next, or null.</param>
    /// <returns>Whether it could: a sliding window does not keep everything.</returns>
    public bool TryRewind(int length, int? next = null)
    {
        if (length == _ids.Count && (_pending is null || _pending == next)) return true;
        if (GenAIResult.TakeError(GenAINative.OgaGenerator_RewindTo(_handle, (nuint)length)) is not null) return false;
        CollectionsMarshal.SetCount(_ids, length);
        _pending = null;
        return true;
    }

    /// <summary>The last token's logits.</summary>
    public GenAITensor Logits()
    {
        GenAIResult.Check(GenAINative.OgaGenerator_GetLogits(_handle, out var tensor), "read the logits");
        return new GenAITensor(tensor);
    }

    /// <summary>An output of the graph for the tokens of the last append, or null if it has none of that name.</summary>
    public GenAITensor? Output(string name) =>
        GenAIResult.TakeError(GenAINative.OgaGenerator_GetOutput(_handle, name, out var tensor)) is null ? new GenAITensor(tensor) : null;

    /// <summary>Interrupts a running append; the one call that other threads may make.</summary>
    public void Terminate()
    {
        _terminated = true;
        try
        {
            // It fails only on an unknown value.
            _ = GenAIResult.TakeError(GenAINative.OgaGenerator_SetRuntimeOption(_handle, "terminate_session", "1"));
        }
        catch (ObjectDisposedException)
        {
            // It was freed meanwhile: there is nothing left to interrupt.
        }
    }

    public void Dispose() => _handle.Dispose();

    // All that the package's configuration may set otherwise. The seed is drawn by GenAI: it is the generator's, not the request's.
    private static (string Name, double Value)[] Numbers(int capacity, SamplingParameters sampling) =>
    [
        ("max_length", capacity), ("min_length", 0), ("batch_size", 1), ("num_beams", 1), ("num_return_sequences", 1), ("repetition_penalty", 1),
        ("no_repeat_ngram_size", 0),
        ("random_seed", -1), ("temperature", sampling.Temperature), ("top_k", sampling.TopK), ("top_p", sampling.TopP),
    ];
}
