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
    public static GenAIGraph Probe(GenAIModel model, GenAIEngineOptions options)
    {
        var tokens = Math.Min(2, options.ContextLength);
        using var generator = new GenAIGenerator(model, Math.Min(8, options.ContextLength), SamplingParameters.Greedy);
        generator.Append(stackalloc int[tokens]);
        using var logits = generator.Output(GraphNames.Logits)
            ?? throw new EngineException(
                $"The graph in {model.Folder} has no output '{GraphNames.Logits}'; ONNX Runtime GenAI needs a language model: use the engine OnnxRuntime.");
        using var hidden = generator.Output(GraphNames.HiddenStates);
        return new GenAIGraph(logits.Width, hidden?.Width ?? 0, logits.Rows == tokens && tokens > 1,
            options.KeyValueLayout.ElementsPerToken * logits.ElementSize, ReadPadding(model.Folder));
    }

    private static int ReadPadding(string folder)
    {
        var path = Path.Combine(folder, "genai_config.json");
        using var document = JsonSection.Load(path);
        var root = JsonSection.Root(path, document);
        var model = root.Section("model") ?? throw root.Error("model", "the object is missing");
        return model.Int("pad_token_id", 0, int.MinValue, int.MaxValue);
    }
}
