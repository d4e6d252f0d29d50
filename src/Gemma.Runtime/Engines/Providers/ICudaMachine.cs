using Gemma.Runtime.Engines.Native;

namespace Gemma.Runtime.Engines.Providers;

/// <summary>What <see cref="CudaPreflight"/> asks of the machine and of the application's native libraries.</summary>
internal interface ICudaMachine
{
    /// <summary>NVIDIA's driver.</summary>
    CudaDriver QueryDriver();

    /// <summary>The native ONNX Runtime.</summary>
    /// <exception cref="EngineException">It is missing.</exception>
    OnnxRuntimeLibrary LoadOnnxRuntime();

    /// <summary>Whether the system finds a library.</summary>
    /// <param name="file">Its file name.</param>
    bool CanLoad(string file);

    /// <summary>Whether one of the folders has a library.</summary>
    /// <param name="folders">The folders.</param>
    /// <param name="library">Its name, without what the platform adds.</param>
    bool Has(IEnumerable<string> folders, string library);

    /// <summary>Where the native GenAI library is.</summary>
    /// <exception cref="EngineException">It is missing.</exception>
    string FindGenAI(string? folder);

    /// <summary>Has ONNX Runtime load its provider, whose own dependencies may be missing.</summary>
    /// <exception cref="EngineException">It cannot be used.</exception>
    void TryProvider(int index);
}
