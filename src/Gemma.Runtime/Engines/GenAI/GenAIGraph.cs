using Gemma.Json;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Engines.GenAI;

/// <summary>What a graph gives, found out by running two tokens through it: GenAI does not say.</summary>
/// <param name="VocabularySize">Width of the logits.</param>
/// <param name="HiddenSize">Width of the output hidden_states, 0 without it.</param>
/// <param name="AllRows">Whether it returns every token's logits, rather than the last one's.</param>
/// <param name="BytesPerToken">Key-value cache bytes per token.</param>
/// <param name="Padding">The token that GenAI takes for padding: of several rows it gives those of the last other token.</param>
internal sealed record GenAIGraph(int VocabularySize, int HiddenSize, bool AllRows, long BytesPerToken, int Padding)
{
    private const int MostLayers = 1024;
    private const int MostAttentionHeads = 4096;

    public static GenAIGraph Probe(GenAIModel model, int contextLength)
    {
        var tokens = Math.Min(2, contextLength);
        using var generator = new GenAIGenerator(model, Math.Min(8, contextLength), SamplingParameters.Greedy);
        generator.Append(stackalloc int[tokens]);
        using var logits = generator.Output(GraphNames.Logits)
            ?? throw new EngineException(
                $"The graph in {model.Folder} has no output '{GraphNames.Logits}'; ONNX Runtime GenAI needs a language model: use the engine OnnxRuntime.");
        using var hidden = generator.Output(GraphNames.HiddenStates);
        var (elements, padding) = ReadConfig(model.Folder);
        return new GenAIGraph(logits.Width, hidden?.Width ?? 0, logits.Rows == tokens && tokens > 1, elements * logits.ElementSize, padding);
    }

    private static (long CacheElements, int Padding) ReadConfig(string folder)
    {
        var path = Path.Combine(folder, "genai_config.json");
        using var document = JsonSection.Load(path);
        var root = JsonSection.Root(path, document);
        var model = root.Section("model");
        var decoder = model?.Section("decoder") ?? throw root.Error("model.decoder", "the object is missing");
        var elements = 2L * decoder.Int("num_hidden_layers", null, 1, MostLayers) * decoder.Int("num_key_value_heads", null, 1, MostAttentionHeads)
            * decoder.Int("head_size", null, 2, MostAttentionHeads);
        return (elements, model.Value.Int("pad_token_id", 0, int.MinValue, int.MaxValue));
    }
}
