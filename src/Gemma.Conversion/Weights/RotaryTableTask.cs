using Gemma.Conversion.Checkpoints;
using Gemma.Runtime.Models;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Weights;

/// <summary>Writes the cosines or sines of the rotary embedding, [positions, head_dim / 2], in transformers' arithmetic: frequencies and angles are binary32.</summary>
internal sealed class RotaryTableTask(GemmaConfig config, int headSize, int first, int count, Func<double, double> function, ExternalTensor target) : WeightTask
{
    private const int PositionsPerTask = 4096;

    public override long Work => (long)count * headSize / 2 * sizeof(float);

    /// <summary>Plans a whole table in pieces.</summary>
    public static ExternalTensor Plan(WeightPlan plan, string name, DataType type, GemmaConfig config, int headSize, int positions, Func<double, double> function)
    {
        var target = plan.Place(name, type, positions, headSize / 2);
        for (var first = 0; first < positions; first += PositionsPerTask) plan.Add(new RotaryTableTask(config, headSize, first, Math.Min(PositionsPerTask, positions - first), function, target));
        return target;
    }

    public override void Run(CheckpointReader reader, WeightFile file)
    {
        var half = headSize / 2;
        var frequencies = new float[half];
        for (var j = 0; j < config.HeadDim / 2; j++) frequencies[j] = 1f / (float)Math.Pow(config.RopeTheta, 2f * j / config.HeadDim) / (float)config.RopeScalingFactor;

        var values = new float[count * half];
        for (var i = 0; i < values.Length; i++) values[i] = (float)function((first + (i / half)) * frequencies[i % half]);
        var size = ElementTypes.Size(target.DataType);
        var bytes = new byte[values.Length * size];
        ElementTypes.Round(values, target.DataType, bytes);
        file.Write(target.Offset + ((long)first * half * size), bytes);
    }
}
