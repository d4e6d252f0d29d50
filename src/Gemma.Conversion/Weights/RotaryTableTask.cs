using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Models.Architecture;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Weights;

/// <summary>
/// Writes the cosines or sines of a rotary embedding, [positions, graph head size / 2], in transformers' arithmetic: frequencies and angles are binary32.
/// </summary>
internal sealed class RotaryTableTask(RotaryPlan rotary, int half, int first, int count, Func<double, double> function, ExternalTensor target) : WeightTask
{
    private const int PositionsPerTask = 4096;

    public override long Work => (long)count * half * sizeof(float);

    /// <summary>Plans a whole table in pieces.</summary>
    public static ExternalTensor Plan(WeightPlan plan, string name, DataType type, RotaryPlan rotary, int graphHeadSize, int positions,
        Func<double, double> function)
    {
        var target = plan.Place(name, type, positions, graphHeadSize / 2);
        for (var first = 0; first < positions; first += PositionsPerTask)
            plan.Add(new RotaryTableTask(rotary, graphHeadSize / 2, first, Math.Min(PositionsPerTask, positions - first), function, target));
        return target;
    }

    public override void Run(CheckpointReader reader, WeightFile file)
    {
        // Zeros that fill an attention head up stand still.
        var frequencies = new float[half];
        rotary.Frequencies().CopyTo(frequencies, 0);

        var values = new float[count * half];
        for (var i = 0; i < values.Length; i++) values[i] = (float)function((first + (i / half)) * frequencies[i % half]);
        var size = ElementTypes.Size(target.DataType);
        var bytes = new byte[values.Length * size];
        ElementTypes.Round(values, target.DataType, bytes);
        file.Write(target.Offset + ((long)first * half * size), bytes);
    }
}
