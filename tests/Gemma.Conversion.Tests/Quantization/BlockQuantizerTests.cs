using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Quantization;
using Gemma.Tests;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Tests.Quantization;

/// <summary>The search for scales leaves less squared error than the largest magnitude does, block by block, for random and for trained weights.</summary>
public sealed class BlockQuantizerTests
{
    public static TheoryData<int, int, bool, int> Formats
    {
        get
        {
            var data = new TheoryData<int, int, bool, int>();
            foreach (var bits in (int[])[4, 8])
                foreach (var block in (int[])[32, 64, 128])
                    foreach (var width in (int[])[192, 50, 300])
                    {
                        data.Add(bits, block, false, width);
                        data.Add(bits, block, true, width);
                    }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Quantize_RandomRows_SearchNeverLosesToAbsMax(int bits, int block, bool zeroPoints, int width)
    {
        var random = new Random(width);
        var weights = new float[21 * width];
        for (var i = 0; i < weights.Length; i++)
            weights[i] = (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * (i % 37 == 0 ? 4 : 1);
        var format = new QuantizationFormat(bits, block, zeroPoints);
        var searched = BlockErrors(weights, width, format);
        var absMax = BlockErrors(weights, width, format with { Scales = ScaleChoice.AbsMax });
        for (var i = 0; i < searched.Length; i++)
            Assert.True(searched[i] <= (absMax[i] * 1.01) + 1e-9, $"block {i}: {searched[i]} by search, {absMax[i]} by absmax");
        Assert.True(searched.Sum() < 0.97 * absMax.Sum(), $"{searched.Sum()} by search, {absMax.Sum()} by absmax");
    }

    [Theory]
    [InlineData("model.layers.1.mlp.down_proj.weight")]
    [InlineData("model.embed_tokens.weight")]
    public void Quantize_TrainedWeights_SearchBeatsAbsMaxAndZeroPointsBeatNone(string name)
    {
        using var checkpoint = CheckpointFolder.Open(SharedData.Require("tiny-gemma", "tiny-gemma-it"));
        var width = (int)checkpoint.Reader.Tensors[name].Shape[1];
        var weights = new float[64 * width];
        checkpoint.Reader.Read(name, 0, weights);
        var format = new QuantizationFormat(4, 32, false);
        var absMax = BlockErrors(weights, width, format with { Scales = ScaleChoice.AbsMax }).Sum();
        var searched = BlockErrors(weights, width, format).Sum();
        var withZeroPoints = BlockErrors(weights, width, format with { ZeroPoints = true }).Sum();
        Assert.True(searched < 0.95 * absMax && withZeroPoints < searched, $"{absMax} by absmax, {searched} by search, {withZeroPoints} with zero points");
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1e-30f)]
    [InlineData(1e30f)]
    public void Quantize_ExtremeMagnitudes_RestoresThem(float magnitude)
    {
        var weights = Enumerable.Range(0, 32).Select(i => magnitude * ((i % 16) - 8) / 8).ToArray();
        var restored = Restore(weights, 32, new QuantizationFormat(4, 32, false));
        for (var i = 0; i < weights.Length; i++) Assert.InRange(restored[i], weights[i] - (magnitude * 0.02f), weights[i] + (magnitude * 0.02f));
    }

    [Fact]
    public void Quantize_HalfScales_AreRepresentable()
    {
        var (packed, scales) = (new byte[16], new float[1]);
        new BlockQuantizer(new QuantizationFormat(4, 32, false), DataType.Float16)
            .Quantize(Enumerable.Range(0, 32).Select(i => MathF.Sin(i) / 3).ToArray(), 32, packed, scales, []);
        Assert.Equal((float)(Half)scales[0], scales[0]);
    }

    private static double[] BlockErrors(float[] weights, int width, QuantizationFormat format)
    {
        var restored = Restore(weights, width, format);
        var blocks = format.BlockCount(width);
        var errors = new double[weights.Length / width * blocks];
        for (var i = 0; i < weights.Length; i++) errors[(i / width * blocks) + (i % width / format.BlockSize)] += Math.Pow(weights[i] - restored[i], 2);
        return errors;
    }

    private static float[] Restore(float[] weights, int width, QuantizationFormat format)
    {
        var rows = weights.Length / width;
        var (packed, scales, zeros) = (new byte[rows * format.PackedBytes(width)], new float[rows * format.BlockCount(width)], new byte[rows
            * format.ZeroPointBytes(width)]);
        new BlockQuantizer(format, DataType.Float).Quantize(weights, width, packed, scales, zeros);
        var restored = new float[weights.Length];
        BlockDequantizer.Dequantize(packed, scales, zeros, format, width, restored);
        return restored;
    }
}
