using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.Selection;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Tests.Engines.GenAI;

/// <summary>The conformance suite on ONNX Runtime GenAI.</summary>
public sealed class GenAIConformanceTests(TestPackages packages) : EngineConformanceTests(packages)
{
    private protected override IInferenceEngine Open(ModelPackage package) =>
        EngineFactory.Create(package, new EngineOptions
        {
            Kind = GemmaEngine.GenAI,
            GenAIFolder = Device == GemmaDevice.Cuda ? null : GenAINativeFolder.Require(),
            Device = Device,
            Threads = 1,
        });
}
