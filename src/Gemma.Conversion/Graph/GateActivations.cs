using Gemma.Runtime.Models.Architecture;

namespace Gemma.Conversion.Graph;

/// <summary>Activations as the operator Gelu spells them.</summary>
internal static class GateActivations
{
    /// <summary>The attribute <c>approximate</c>.</summary>
    public static string Approximation(this GateActivation activation) => activation == GateActivation.GeluTanh ? "tanh" : "none";
}
