using System.Runtime.InteropServices;

namespace Gemma.Runtime.Engines.GenAI;

/// <summary>
/// A native generator: the keys and values of one sequence in a buffer of fixed size. It is only ever appended to and rewound. Tokens are chosen
/// above the engine, so none is pending inside it, and an append follows every rewind before logits are read.
/// </summary>
internal sealed class GenAIGenerator : IDisposable
{
    private readonly GenAIGeneratorHandle _handle;
    private readonly List<int> _ids = [];
    private volatile bool _terminated;

    public GenAIGenerator(GenAIModel model, int capacity)
    {
        Capacity = capacity;
        GenAIResult.Check(GenAINative.OgaCreateGeneratorParams(model.Handle, out var parameters), "create a generator");
        using (parameters)
        {
            foreach (var (name, value) in (ReadOnlySpan<(string, double)>)[("max_length", capacity), ("min_length", 0), ("batch_size", 1), ("num_beams", 1), ("num_return_sequences", 1)])
                GenAIResult.Check(GenAINative.OgaGeneratorParamsSetSearchNumber(parameters, name, value), $"set {name}");

            // In the shared buffer the cache is written in place, and a rewind is exact at every length.
            GenAIResult.Check(GenAINative.OgaGeneratorParamsSetSearchBool(parameters, "past_present_share_buffer", true), "share the cache's buffer");
            GenAIResult.Check(GenAINative.OgaCreateGenerator(model.Handle, parameters, out _handle), $"create a generator of {capacity} tokens");
        }
    }

    /// <summary>Tokens that its buffer holds.</summary>
    public int Capacity { get; }

    /// <summary>The tokens whose keys and values it holds.</summary>
    public ReadOnlySpan<int> Ids => CollectionsMarshal.AsSpan(_ids);

    /// <summary>Whether it was interrupted: it says nothing about it, but its cache is then incomplete, and it must be disposed.</summary>
    public bool IsTerminated => _terminated;

    /// <summary>Computes tokens behind the ones it holds.</summary>
    public void Append(ReadOnlySpan<int> ids)
    {
        GenAIResult.Check(GenAINative.OgaGenerator_AppendTokens(_handle, ids, (nuint)ids.Length), "compute tokens");
        _ids.AddRange(ids);
    }

    /// <summary>Forgets tokens; the next call must be <see cref="Append"/>.</summary>
    /// <returns>Whether it could: a sliding window does not keep everything.</returns>
    public bool TryRewind(int length)
    {
        if (length == _ids.Count) return true;
        if (GenAIResult.TakeError(GenAINative.OgaGenerator_RewindTo(_handle, (nuint)length)) is not null) return false;
        CollectionsMarshal.SetCount(_ids, length);
        return true;
    }

    /// <summary>The last token's logits.</summary>
    public GenAITensor Logits()
    {
        GenAIResult.Check(GenAINative.OgaGenerator_GetLogits(_handle, out var tensor), "read the logits");
        return new GenAITensor(tensor);
    }

    /// <summary>An output of the graph for the tokens of the last append, or null if it has none of that name.</summary>
    public GenAITensor? Output(string name) => GenAIResult.TakeError(GenAINative.OgaGenerator_GetOutput(_handle, name, out var tensor)) is null ? new GenAITensor(tensor) : null;

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
}
