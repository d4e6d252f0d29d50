using System.Runtime.InteropServices;
using Gemma.Conversion.Graph;
using Gemma.Conversion.Quantization;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Tests.Quantization;

/// <summary>
/// ONNX Runtime's MatMulNBits reads integers, scales and zero points as they are written: it multiplies by the weights that the dequantiser restores.
/// </summary>
public sealed class KernelLayoutTests
{
    private const int Rows = 21;

    public static TheoryData<int, int, bool, int, int> Cases
    {
        get
        {
            var data = new TheoryData<int, int, bool, int, int>();
            foreach (var bits in (int[])[4, 8])
                foreach (var block in (int[])[32, 64, 128])
                    foreach (var width in (int[])[2 * block, 3 * block, (4 * block) + 6])
                        foreach (var accuracyLevel in (int[])[0, 4])
                        {
                            data.Add(bits, block, false, width, accuracyLevel);
                            data.Add(bits, block, true, width, accuracyLevel);
                        }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Run_QuantizedRows_MultipliesByTheRestoredWeights(int bits, int block, bool zeroPoints, int width, int accuracyLevel)
    {
        var random = new Random(width);
        var format = new QuantizationFormat(bits, block, zeroPoints);
        var weights = new float[Rows * width];
        for (var i = 0; i < weights.Length; i++) weights[i] = random.NextSingle() - 0.3f;
        var (packed, scales, zeros) = (new byte[Rows * format.PackedBytes(width)], new float[Rows * format.BlockCount(width)], new byte[Rows
            * format.ZeroPointBytes(width)]);
        new BlockQuantizer(format, DataType.Float).Quantize(weights, width, packed, scales, zeros);
        BlockDequantizer.Dequantize(packed, scales, zeros, format, width, weights);
        using var session = Open(format, width, accuracyLevel, packed, scales, zeros);

        // A row with a single 1 is exact even when activations are quantised to 8 bits, and shows one weight of each output.
        var single = new float[width * width];
        for (var i = 0; i < width; i++) single[(i * width) + i] = 1;
        var outputs = Run(session, single, width);
        for (var i = 0; i < outputs.Length; i++)
        {
            var expected = weights[(i % Rows * width) + (i / Rows)];
            Assert.True(Math.Abs(outputs[i] - expected) < 1e-5,
                $"the weight of output {i % Rows} and input {i / Rows} is {outputs[i]} in the kernel and {expected} restored");
        }

        // One token goes through another kernel. 8-bit activations are off by up to 1/254 of their block's largest, which is below 1.
        float[] inputs = [.. Enumerable.Range(0, width).Select(_ => (random.NextSingle() * 2) - 1)];
        outputs = Run(session, inputs, width);
        var tolerance = accuracyLevel == 0 ? 1e-4 : 0.006 * Math.Sqrt(width);
        for (var row = 0; row < Rows; row++)
        {
            var expected = 0.0;
            for (var i = 0; i < width; i++) expected += (double)inputs[i] * weights[(row * width) + i];
            Assert.True(Math.Abs(outputs[row] - expected) < tolerance, $"output {row} is {outputs[row]} in the kernel and {expected} with restored weights");
        }
    }

    private static InferenceSession Open(QuantizationFormat format, int width, int accuracyLevel, byte[] packed, float[] scales, byte[] zeros)
    {
        var graph = new GraphBuilder("unused");
        graph.Input("x", DataType.Float, "rows", width);
        graph.Output("y", DataType.Float, "rows", Rows);
        graph.Initializer("q", DataType.Uint8, [Rows, format.BlockCount(width), format.BlockSize * format.Bits / 8], packed);
        graph.Initializer("s", DataType.Float, [Rows, format.BlockCount(width)], MemoryMarshal.AsBytes<float>(scales));
        string[] inputs = ["x", "q", "s"];
        if (format.ZeroPoints)
        {
            graph.Initializer("z", DataType.Uint8, [Rows, format.ZeroPointBytes(width)], zeros);
            inputs = [.. inputs, "z"];
        }

        graph.Add("MatMulNBits", "multiply", inputs, ["y"], GraphBuilder.MicrosoftDomain, GraphBuilder.Attribute("K", width), GraphBuilder.Attribute("N", Rows),
            GraphBuilder.Attribute("bits", format.Bits), GraphBuilder.Attribute("block_size", format.BlockSize),
            GraphBuilder.Attribute("accuracy_level", accuracyLevel));
        return new InferenceSession(graph.Build().ToByteArray());
    }

    private static float[] Run(InferenceSession session, float[] inputs, int width)
    {
        using var results = session.Run([NamedOnnxValue.CreateFromTensor("x", new DenseTensor<float>(inputs, [inputs.Length / width, width]))]);
        return [.. results[0].AsEnumerable<float>()];
    }
}
