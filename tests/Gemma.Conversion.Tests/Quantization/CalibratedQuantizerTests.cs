using Gemma.Conversion.Calibration;
using Gemma.Conversion.Quantization;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Tests.Quantization;

/// <summary>Calibrated quantisation makes a projection's output more exact than a search for the most exact weights.</summary>
public sealed class CalibratedQuantizerTests
{
    private const int Samples = 600;

    [Theory]
    [InlineData(4, 32, false, 96, 40)]
    [InlineData(4, 64, true, 96, 40)]
    [InlineData(4, 32, true, 50, 33)]
    [InlineData(4, 128, false, 300, 7)]
    [InlineData(8, 32, false, 42, 9)]
    public void Quantize_CorrelatedInputs_LeavesLessOutputErrorThanSearch(int bits, int blockSize, bool zeroPoints, int width, int rows)
    {
        var random = new Random(7);
        var weights = Normal(random, rows * width);
        var inputs = CorrelatedInputs(random, width);
        var format = new QuantizationFormat(bits, blockSize, zeroPoints);
        using var factor = InputFactor.Compute(width, () => [inputs.AsMemory(0, Samples / 2 * width), inputs.AsMemory(Samples / 2 * width)],
            TestContext.Current.CancellationToken);
        var searched = OutputError(new BlockQuantizer(format, DataType.Float), weights, width, inputs);
        var calibrated = OutputError(new CalibratedQuantizer(format, DataType.Float, factor), weights, width, inputs);
        Assert.True(calibrated < 0.7 * searched, $"the output's error is {calibrated} after calibration and {searched} without");
    }

    [Fact]
    public void Compute_Inputs_GivesAFactorOfTheirDampedSecondMoment()
    {
        const int Width = 150;
        var inputs = CorrelatedInputs(new Random(3), Width);
        using var factor = InputFactor.Compute(Width, () => [inputs], TestContext.Current.CancellationToken);
        var expected = new double[Width, Width];
        for (var t = 0; t < Samples; t++)
            for (var i = 0; i < Width; i++)
                for (var j = 0; j < Width; j++) expected[i, j] += (double)inputs[(t * Width) + i] * inputs[(t * Width) + j];
        var damping = 0.1 * Enumerable.Range(0, Width).Average(i => expected[i, i]);
        for (var i = 0; i < Width; i++) expected[i, i] += damping;
        for (var i = 0; i < Width; i++)
            for (var j = 0; j <= i; j++) Assert.Equal(1, (Product(factor, i, j) + expected[i, i]) / (expected[i, j] + expected[i, i]), 1e-3);
    }

    [Fact]
    public void Compute_InputsThatAreAlwaysZero_LeavesTheirWeightsAlone()
    {
        const int Width = 64;
        var random = new Random(5);
        var inputs = CorrelatedInputs(random, Width);
        for (var t = 0; t < Samples; t++) inputs.AsSpan((t * Width) + 32, 32).Clear();
        using var factor = InputFactor.Compute(Width, () => [inputs], TestContext.Current.CancellationToken);
        var weights = Normal(random, Width * 8);
        var format = new QuantizationFormat(4, 32, false);
        var (calibrated, searched) = (Quantize(new CalibratedQuantizer(format, DataType.Float, factor), weights, Width),
                Quantize(new BlockQuantizer(format, DataType.Float), weights, Width));
        for (var row = 0; row < 8; row++) Assert.Equal(searched.AsSpan((row * Width) + 32, 32), calibrated.AsSpan((row * Width) + 32, 32));
    }

    private static unsafe double Product(InputFactor factor, int i, int j)
    {
        var sum = 0.0;
        for (var k = Math.Max(i, j); k < factor.Width; k++) sum += (double)factor.Row(k)[i] * factor.Row(k)[j] * factor.Diagonal[k] * factor.Diagonal[k];
        return sum;
    }

    private static double OutputError(IRowQuantizer quantizer, float[] weights, int width, float[] inputs)
    {
        var restored = Quantize(quantizer, weights, width);
        var error = 0.0;
        for (var row = 0; row < weights.Length / width; row++)
        {
            for (var t = 0; t < Samples; t++)
            {
                var difference = 0.0;
                for (var i = 0; i < width; i++) difference += (double)(weights[(row * width) + i] - restored[(row * width) + i]) * inputs[(t * width) + i];
                error += difference * difference;
            }
        }

        return error;
    }

    private static float[] Quantize(IRowQuantizer quantizer, float[] weights, int width)
    {
        var (format, rows) = (quantizer.Format, weights.Length / width);
        var restored = new float[weights.Length];
        for (var row = 0; row < rows; row += CalibratedQuantizer.Rows)
        {
            var values = weights.AsSpan(row * width, Math.Min(CalibratedQuantizer.Rows, rows - row) * width);
            var count = values.Length / width;
            var (packed, scales, zeros) = (new byte[count * format.PackedBytes(width)], new float[count * format.BlockCount(width)], new byte[count
                    * format.ZeroPointBytes(width)]);
            quantizer.Quantize(values, width, packed, scales, zeros);
            BlockDequantizer.Dequantize(packed, scales, zeros, format, width, restored.AsSpan(row * width, values.Length));
        }

        return restored;
    }

    // Each feature is its neighbour's plus something of its own.
    private static float[] CorrelatedInputs(Random random, int width)
    {
        var inputs = Normal(random, Samples * width);
        for (var i = 1; i < inputs.Length; i++)
        {
            if (i % width != 0) inputs[i] = (0.9f * inputs[i - 1]) + (0.3f * inputs[i]);
        }

        return inputs;
    }

    private static float[] Normal(Random random, int count)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++) values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return values;
    }
}
