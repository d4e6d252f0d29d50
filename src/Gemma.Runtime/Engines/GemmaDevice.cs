namespace Gemma.Runtime.Engines;

/// <summary>Where a model is computed. A device that is not there is an error; only <see cref="Auto"/> chooses.</summary>
public enum GemmaDevice
{
    /// <summary>The processor.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU.</summary>
    Cuda,

    /// <summary>An NVIDIA GPU where one can be used, otherwise the processor.</summary>
    Auto,
}
