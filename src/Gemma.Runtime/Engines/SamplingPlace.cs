namespace Gemma.Runtime.Engines;

/// <summary>Where tokens are chosen. An engine can choose them on the device, where the logits are; only ONNX Runtime GenAI does.</summary>
public enum SamplingPlace
{
    /// <summary>On a GPU what is drawn at random without a seed; everything else on the host.</summary>
    Auto,

    /// <summary>On the host, by this library.</summary>
    Host,

    /// <summary>
    /// On the device whatever it can choose with the same probabilities: greedy requests, and those that set nothing but temperature, top-k and top-p, without
    /// a seed.
    /// </summary>
    Device,
}
