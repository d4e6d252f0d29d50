using System.Globalization;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Models.Architecture;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Graph;

/// <summary>Emits the tables of rotary embeddings, one pair for each distinct one. Their length is the hard limit of a sequence.</summary>
internal sealed class RotaryTables
{
    private const int MinimumHeadroom = 512;
    private const int MaximumHeadroom = 8192;

    private readonly Dictionary<RotaryPlan, (string Cos, string Sin)> _tables = [];

    public RotaryTables(GraphBuilder graph, WeightPlan weights, DataType type, DecoderPlan plan)
    {
        var positions = Positions(plan);
        foreach (var attention in plan.Layers.Select(layer => layer.Attention).DistinctBy(attention => attention.Rotary))
        {
            var suffix = _tables.Count == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"_{_tables.Count}");
            _tables.Add(attention.Rotary, (Table("cos_cache", Math.Cos), Table("sin_cache", Math.Sin)));

            string Table(string name, Func<double, double> function)
            {
                var table = RotaryTableTask.Plan(weights, name + suffix, type, attention.Rotary, attention.GraphHeadSize, positions, function);
                if (plan.MapsRotaryTables) weights.MappedBytes += table.Length;
                return graph.Weight(table);
            }
        }
    }

    /// <summary>The names of a rotary embedding's tables.</summary>
    public (string Cos, string Sin) this[RotaryPlan rotary] => _tables[rotary];

    /// <summary>Positions in the tables: more than the model was trained for, because transformers does not stop there either.</summary>
    public static int Positions(DecoderPlan plan) => plan.ContextLength + Math.Clamp(plan.ContextLength, MinimumHeadroom, MaximumHeadroom);
}
