using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.Selection;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Tests.Engines.OnnxRuntime;

/// <summary>The conformance suite on ONNX Runtime.</summary>
public sealed class OnnxRuntimeConformanceTests(TestPackages packages) : EngineConformanceTests(packages)
{
    private protected override IInferenceEngine Open(ModelPackage package) =>
        EngineFactory.Create(package, new EngineOptions { Kind = GemmaEngine.OnnxRuntime, Device = Device, Threads = 1 });
}
