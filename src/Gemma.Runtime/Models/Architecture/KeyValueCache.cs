namespace Gemma.Runtime.Models.Architecture;

/// <summary>The keys and values that one layer keeps: two tensors [sequences, heads, tokens, head size].</summary>
/// <param name="KeyValueHeads">Attention heads of keys and of values.</param>
/// <param name="HeadSize">Width of an attention head in graph and cache.</param>
/// <param name="Window">The tokens, the last ones, that are ever read again; null: all.</param>
internal sealed record KeyValueCache(int KeyValueHeads, int HeadSize, int? Window = null)
{
    /// <summary>Numbers of one token, its key and its value.</summary>
    public long Elements => 2L * KeyValueHeads * HeadSize;
}
