using Gemma.Runtime.Models;
using Gemma.Runtime.Models.Architecture;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>The inputs and outputs of a decoder graph, read from the session: ours and the official GenAI builder's have the same names.</summary>
internal sealed class GraphLayout
{
    private GraphLayout(string[] past, string[] present)
    {
        PastNames = past;
        PresentNames = present;
    }

    /// <summary>The cache inputs: key and value of layer 0, of layer 1, …</summary>
    public string[] PastNames { get; }

    /// <summary>The cache outputs, in the order of <see cref="PastNames"/>.</summary>
    public string[] PresentNames { get; }

    public required KeyValueLayout KeyValueLayout { get; init; }

    /// <summary>Whether the graph keeps keys and values. One that keeps none reads whole texts.</summary>
    public bool HasCache => PastNames.Length > 0;

    public required TensorElementType CacheType { get; init; }

    public required TensorElementType LogitsType { get; init; }

    public required TensorElementType HiddenType { get; init; }

    /// <summary>Width of the logits, 0 without lm_head.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width of the hidden states output, 0 without it.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Whether the graph takes the number of logits rows to compute.</summary>
    public required bool HasLogitsToKeep { get; init; }

    /// <summary>Whether the graph always returns the last position's logits only.</summary>
    public required bool PrunesLmHead { get; init; }

    /// <summary>Reads a session's graph.</summary>
    /// <param name="session">The session.</param>
    /// <param name="path">Its file, for messages.</param>
    /// <param name="known">The caches as the package describes them, for graphs of other builders that leave sizes open; null: the graph says
    /// everything.</param>
    /// <param name="windowed">Whether caches of sliding-window layers may drop tokens, where the graph can be told.</param>
    /// <exception cref="EngineException">The graph is no decoder, or leaves open what nobody else says.</exception>
    public static GraphLayout Read(InferenceSession session, string path, KeyValueLayout? known, bool windowed)
    {
        var inputs = session.InputMetadata;
        var outputs = session.OutputMetadata;
        foreach (var required in (string[])[GraphNames.InputIds, GraphNames.AttentionMask])
        {
            if (!inputs.ContainsKey(required))
            {
                throw new EngineException(
                    $"{path} has no input '{required}': it is not a decoder graph of this library or of ONNX Runtime GenAI; convert the checkpoint again.");
            }
        }

        List<string> past = [], present = [];
        List<KeyValueCache> caches = [];
        for (var layer = 0; inputs.ContainsKey(GraphNames.Past(layer, GraphNames.Key)); layer++)
        {
            foreach (var part in (string[])[GraphNames.Key, GraphNames.Value])
            {
                past.Add(GraphNames.Past(layer, part));
                present.Add(GraphNames.Present(layer, part));
                if (!inputs.ContainsKey(past[^1]) || !outputs.ContainsKey(present[^1]))
                    throw new EngineException($"{path} lacks '{past[^1]}' or '{present[^1]}'; convert the checkpoint again.");
            }

            caches.Add(Cache(inputs[past[^1]].Dimensions, layer < known?.Caches.Count ? known.Caches[layer] : null)
                ?? throw new EngineException($"{path} does not say how large '{past[^1]}' is; convert the checkpoint again."));
        }

        var logits = outputs.GetValueOrDefault(GraphNames.Logits);
        var hidden = outputs.GetValueOrDefault(GraphNames.HiddenStates);
        if (past.Count == 0 && (hidden is null || logits is not null))
            throw new EngineException($"{path} has no key-value cache inputs; convert the checkpoint again.");
        return new GraphLayout([.. past], [.. present])
        {
            KeyValueLayout = new KeyValueLayout([.. caches]).If(windowed && session.OverridableInitializerMetadata.ContainsKey(GraphNames.WindowDropped)),
            CacheType = past.Count == 0 ? TensorElementType.Float : inputs[past[0]].ElementDataType,
            LogitsType = logits?.ElementDataType ?? TensorElementType.Float,
            HiddenType = hidden?.ElementDataType ?? TensorElementType.Float,
            VocabularySize = logits is null ? 0 : logits.Dimensions[^1],
            HiddenSize = hidden is null ? 0 : hidden.Dimensions[^1],
            HasLogitsToKeep = session.OverridableInitializerMetadata.ContainsKey(GraphNames.LogitsToKeep) || inputs.ContainsKey(GraphNames.LogitsToKeep),
            PrunesLmHead = logits is not null && logits.Dimensions[1] == 1,
        };
    }

    // [batch, heads, past, head size]; a negative size is open.
    private static KeyValueCache? Cache(int[] dimensions, KeyValueCache? known)
    {
        if (dimensions is not [_, var heads, _, var size]) return null;
        heads = heads > 0 ? heads : known?.KeyValueHeads ?? 0;
        size = size > 0 ? size : known?.HeadSize ?? 0;
        return heads > 0 && size > 0 ? new KeyValueCache(heads, size, known?.Window) : null;
    }
}
