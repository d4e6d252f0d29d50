namespace Gemma.Runtime.Engines;

/// <summary>Which native library computes.</summary>
public enum GemmaEngine
{
    /// <summary>ONNX Runtime itself: batches requests continuously; CPU everywhere, CUDA where its execution provider is installed.</summary>
    OnnxRuntime,

    /// <summary>
    /// ONNX Runtime GenAI, for NVIDIA GPUs: the application references <c>Microsoft.ML.OnnxRuntimeGenAI.Cuda</c> or names the library's folder.
    /// </summary>
    GenAI,
}
