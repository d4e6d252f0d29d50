using System.Globalization;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Models.Architecture;
using static Gemma.Conversion.Graph.GraphBuilder;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Graph;

/// <summary>
/// Emits experts beside a dense network, in standard operators: ONNX Runtime's own for experts has no GELU on CPUs. A router chooses some for every token; each
/// expert is a branch that is computed only if a token chose it, over the rows of those tokens.
/// </summary>
internal sealed class ExpertsEmitter(GraphBuilder graph, LinearEmitter linear, NormEmitter norms, WeightPlan weights, GemmaTensors tensors, DecoderPlan plan,
    DataType type)
{
    /// <summary>Emits one layer's experts and adds what the dense network gives.</summary>
    /// <param name="layer">The layer's number.</param>
    /// <param name="experts">The experts.</param>
    /// <param name="stream">The stream, not normalised: what the router reads.</param>
    /// <param name="dense">The dense network's result.</param>
    public string Emit(int layer, ExpertsPlan experts, string stream, string dense)
    {
        var input = Norm(layer, ExpertsPlan.InputNorm, stream);
        var routes = Route(layer, experts, stream);
        var rows = graph.Node("Reshape", Node(layer, "Rows"), [input, graph.Constants(-1, plan.HiddenSize)]);
        var results = Enumerable.Range(0, experts.Count).Select(expert => Expert(layer, expert, experts, rows, routes)).ToArray();
        var sorted = graph.Node("Concat", Node(layer, "Concat"), results, attributes: Attribute("axis", 0L));

        // Back to the tokens: [token, choice, hidden], weighted and summed.
        var byToken = graph.Node("Reshape", Node(layer, "ByToken"),
            [graph.Node("Gather", Node(layer, "Unsort"), [sorted, routes.Places]), graph.Constants(-1, experts.Chosen, plan.HiddenSize)]);
        var weighted = graph.Node("Mul", Node(layer, "Weigh"), [byToken, routes.Weights]);
        var sum = graph.Node("ReduceSum", Node(layer, "Sum"), [weighted, graph.Constants(1)], attributes: Attribute("keepdims", 0L));
        var result = graph.Node("Reshape", Node(layer, "Result"), [sum, graph.Node("Shape", Node(layer, "Shape"), [input])]);
        return graph.Node("Add", Node(layer, "Add"), [Norm(layer, ExpertsPlan.DenseOutputNorm, dense), Norm(layer, ExpertsPlan.OutputNorm, result)]);
    }

    // The router decides discretely: it computes in float32 whatever the graph's type.
    private Routes Route(int layer, ExpertsPlan experts, string stream)
    {
        var normalized = norms.NormalizeExactly(Node(layer, "router/LayerNorm"), Name(layer, "router.scale"), TensorNames.Plain(layer, ExpertsPlan.RouterScale),
            1 / Math.Sqrt(plan.HiddenSize), stream);
        var scores = linear.ProjectExactly(Node(layer, "router/MatMul"), Name(layer, "router.proj.weight"),
            new RowSource(tensors[TensorNames.Weight(layer, ExpertsPlan.Router)]), normalized);
        var probabilities = graph.Node("Softmax", Node(layer, "router/Softmax"), [scores], attributes: Attribute("axis", -1L));
        string[] top = [Node(layer, "router/TopK/values"), Node(layer, "router/TopK/indices")];
        graph.Add("TopK", Node(layer, "router/TopK"), [probabilities, graph.Constants(experts.Chosen)], top,
            attributes: [Attribute("axis", -1L), Attribute("largest", 1L), Attribute("sorted", 1L)]);
        var share = graph.Node("Div", Node(layer, "router/Div"),
            [top[0], graph.Node("ReduceSum", Node(layer, "router/ReduceSum"), [top[0], graph.Constants(-1)], attributes: Attribute("keepdims", 1L))]);
        var scales = graph.Weight(FloatRowsTask.Plan(weights, Name(layer, "router.per_expert_scale"), DataType.Float,
            new RowSource(tensors[TensorNames.Plain(layer, ExpertsPlan.ExpertScale)]), 0, experts.Count));
        var weight = graph.Node("Mul", Node(layer, "router/Mul"), [share, graph.Node("Gather", Node(layer, "router/Gather"), [scales, top[1]])]);
        weight = graph.Node("Reshape", Node(layer, "router/Weights"), [weight, graph.Constants(-1, experts.Chosen, 1)]);
        if (type != DataType.Float) weight = graph.Node("Cast", Node(layer, "router/Cast"), [weight], attributes: Attribute("to", (long)type));
        return Sort(layer, experts, graph.Node("Reshape", Node(layer, "router/Choices"), [top[1], graph.Constants(-1)]), weight);
    }

    // Choices sorted by expert and then by token: a number that says both is unique, and sorts so.
    private Routes Sort(int layer, ExpertsPlan experts, string choices, string weight)
    {
        var count = graph.Node("Shape", Node(layer, "sort/Shape"), [choices]);
        var places = graph.Node("Range", Node(layer, "sort/Range"),
            [graph.Constant(0), graph.Node("Squeeze", Node(layer, "sort/Squeeze"), [count]), graph.Constant(1)]);
        var keys = graph.Node("Add", Node(layer, "sort/Add"), [graph.Node("Mul", Node(layer, "sort/Mul"), [choices, count]), places]);
        string[] sorted = [Node(layer, "sort/TopK/values"), Node(layer, "sort/TopK/indices")];
        graph.Add("TopK", Node(layer, "sort/TopK"), [keys, count], sorted,
            attributes: [Attribute("axis", 0L), Attribute("largest", 0L), Attribute("sorted", 1L)]);
        var tokens = graph.Node("Div", Node(layer, "sort/Div"), [sorted[1], graph.Constant(experts.Chosen)]);
        var back = graph.Node("ScatterElements", Node(layer, "sort/Back"), [sorted[1], sorted[1], places], attributes: Attribute("axis", 0L));

        // Where the choices of each expert end.
        var zeros = graph.Constants([.. Enumerable.Repeat(0L, experts.Count)]);
        var ones = graph.Node("Expand", Node(layer, "sort/Ones"), [graph.Constant(1, vector: true), count]);
        var counts = graph.Node("ScatterElements", Node(layer, "sort/Counts"), [zeros, choices, ones],
            attributes: [Attribute("axis", 0L), Attribute("reduction", "add")]);
        var ends = graph.Node("CumSum", Node(layer, "sort/Ends"), [counts, graph.Constant(0)]);
        var starts = graph.Node("Sub", Node(layer, "sort/Starts"), [ends, counts]);
        string[] used = [.. Enumerable.Range(0, experts.Count)
            .Select(expert => Node(layer, string.Create(CultureInfo.InvariantCulture, $"sort/Used/output_{expert}")))];
        graph.Add("Split", Node(layer, "sort/Used"), [counts, graph.Constants([.. Enumerable.Repeat(1L, experts.Count)])], used,
            attributes: Attribute("axis", 0L));
        return new Routes(tokens, back, weight, starts, ends, used);
    }

    private string Expert(int layer, int expert, ExpertsPlan experts, string rows, Routes routes)
    {
        var prefix = Node(layer, string.Create(CultureInfo.InvariantCulture, $"{expert}/"));
        var name = Name(layer, string.Create(CultureInfo.InvariantCulture, $"{expert}."));
        var isUsed = graph.Node("Cast", prefix + "IsUsed", [routes.Used[expert]], attributes: Attribute("to", (long)DataType.Bool));
        return graph.If(prefix + "If", isUsed, type, Compute,
            () => graph.Node("Expand", prefix + "Nothing", [graph.Constant(0f, type), graph.Constants(0, plan.HiddenSize)]));

        string Compute()
        {
            var (start, end) = (At("Start", routes.Starts), At("End", routes.Ends));
            var tokens = graph.Node("Slice", prefix + "Tokens", [routes.Tokens, start, end, graph.Constants(0)]);
            var gateUp = Project("gate_up", ExpertsPlan.GateUp, 2 * experts.Width, graph.Node("Gather", prefix + "Gather", [rows, tokens]));
            string[] parts = [prefix + "Split/output_0", prefix + "Split/output_1"];
            graph.Add("Split", prefix + "Split", [gateUp, graph.Constants(experts.Width, experts.Width)], parts, attributes: Attribute("axis", -1L));
            var activated = graph.Node("Gelu", prefix + "act_fn/FastGelu", [parts[0]],
                attributes: Attribute("approximate", plan.Layers[layer].FeedForward.Activation.Approximation()));
            return Project("down", ExpertsPlan.Down, plan.HiddenSize, graph.Node("Mul", prefix + "Mul", [activated, parts[1]]));
        }

        string At(string node, string values) => graph.Node("Gather", prefix + node, [values, graph.Constants(expert)]);

        string Project(string part, string tensor, int height, string input) =>
            linear.Project($"{prefix}{part}/MatMul", $"{name}{part}.MatMul.weight",
                new RowSource(tensors[TensorNames.Plain(layer, tensor)]).Part(expert * height, height), input, MatrixRole.Expert);
    }

    private string Norm(int layer, string norm, string input) =>
        norms.Normalize(Node(layer, norm + "/LayerNorm"), Name(layer, norm + ".weight"), TensorNames.Weight(layer, norm), input);

    private static string Node(int layer, string part) => string.Create(CultureInfo.InvariantCulture, $"/model/layers.{layer}/experts/{part}");

    private static string Name(int layer, string part) => string.Create(CultureInfo.InvariantCulture, $"model.layers.{layer}.experts.{part}");

    // What the router decided: tokens sorted by expert, the place of each choice among them, its weight, and where each expert's begin and end.
    private sealed record Routes(string Tokens, string Places, string Weights, string Starts, string Ends, string[] Used);
}
