namespace Gemma.Runtime.Models.Architecture;

/// <summary>
/// Experts of which a router chooses some for every token. They stand beside the dense network: each branch has its own norms, and both results are added.
/// </summary>
/// <param name="Count">How many there are.</param>
/// <param name="Chosen">How many a token goes through.</param>
/// <param name="Width">Width of an expert's gate and up.</param>
internal sealed record ExpertsPlan(int Count, int Chosen, int Width)
{
    public const string Router = "router.proj";
    public const string RouterScale = "router.scale";
    public const string ExpertScale = "router.per_expert_scale";
    public const string GateUp = "experts.gate_up_proj";
    public const string Down = "experts.down_proj";
    public const string InputNorm = "pre_feedforward_layernorm_2";
    public const string OutputNorm = "post_feedforward_layernorm_2";
    public const string DenseOutputNorm = "post_feedforward_layernorm_1";

    /// <summary>The tensors of router, experts and the norms of the two branches.</summary>
    public IEnumerable<PlannedTensor> Tensors(int layer, int hiddenSize) =>
    [
        new(TensorNames.Weight(layer, Router), Count, hiddenSize),
        new(TensorNames.Plain(layer, RouterScale), hiddenSize),
        new(TensorNames.Plain(layer, ExpertScale), Count),
        new(TensorNames.Plain(layer, GateUp), Count, 2L * Width, hiddenSize),
        new(TensorNames.Plain(layer, Down), Count, hiddenSize, Width),
        new(TensorNames.Weight(layer, InputNorm), hiddenSize),
        new(TensorNames.Weight(layer, OutputNorm), hiddenSize),
        new(TensorNames.Weight(layer, DenseOutputNorm), hiddenSize),
    ];
}
