namespace Gemma.Runtime.Models.Architecture;

/// <summary>What a feed-forward network applies to its gate.</summary>
internal enum GateActivation
{
    /// <summary>GELU by its tanh formula: "gelu_pytorch_tanh".</summary>
    GeluTanh,

    /// <summary>GELU by the error function: "gelu".</summary>
    GeluErf,
}
