using Gemma.Runtime.Engines;
using Gemma.Runtime.Tests.Engines.GenAI;
using Gemma.Tests;

[assembly: AssemblyFixture(typeof(Gemma.Runtime.Tests.Chat.GenAI.GenAITinyGemma))]

namespace Gemma.Runtime.Tests.Chat.GenAI;

/// <summary>The small trained model, opened by ONNX Runtime GenAI, which chooses the tokens where it can.</summary>
public sealed class GenAITinyGemma : TinyGemma
{
    /// <inheritdoc/>
    protected override GemmaModelOptions Configure(GemmaModelOptions options) =>
        options with { Engine = options.Engine with { Kind = GemmaEngine.GenAI, GenAIFolder = GenAINativeFolder.Require(), Sampling = SamplingPlace.Device } };
}
