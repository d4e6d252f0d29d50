namespace Gemma.Runtime.Models.Architecture;

/// <summary>The feed-forward network of one layer: down(activation(gate(x)) · up(x)).</summary>
/// <param name="Width">Width of gate and up.</param>
/// <param name="Activation">What is applied to the gate.</param>
/// <param name="Experts">Experts beside it, whose result is added, or null.</param>
internal sealed record FeedForwardPlan(int Width, GateActivation Activation = GateActivation.GeluTanh, ExpertsPlan? Experts = null)
{
    /// <summary>The network's tensors.</summary>
    public IEnumerable<PlannedTensor> Tensors(int layer, int hiddenSize)
    {
        yield return new PlannedTensor(TensorNames.Weight(layer, TensorNames.Gate), Width, hiddenSize);
        yield return new PlannedTensor(TensorNames.Weight(layer, TensorNames.Up), Width, hiddenSize);
        yield return new PlannedTensor(TensorNames.Weight(layer, TensorNames.Down), hiddenSize, Width);
        foreach (var tensor in Experts?.Tensors(layer, hiddenSize) ?? []) yield return tensor;
    }
}
