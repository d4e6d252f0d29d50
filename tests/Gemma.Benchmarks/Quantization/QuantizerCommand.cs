using System.CommandLine;
using System.Diagnostics;
using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Quantization;
using Spectre.Console;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Benchmarks.Quantization;

/// <summary><c>quantizer</c>: weights per second of one thread, and the squared error left, on a random matrix or a checkpoint's tensor.</summary>
internal static class QuantizerCommand
{
    private const int Repetitions = 3;

    public static Command Create()
    {
        var checkpoint = new Option<string?>("--checkpoint") { Description = "A checkpoint folder; default: normally distributed weights." };
        var tensor = new Option<string>("--tensor")
        {
            Description = "The checkpoint's tensor.",
            DefaultValueFactory = _ => "model.layers.0.mlp.gate_proj.weight",
        };
        var command = new Command("quantizer", "Measures speed and error of the weight quantisers.") { checkpoint, tensor };
        command.SetAction(parsed => Run(parsed.GetValue(checkpoint), parsed.GetRequiredValue(tensor)));
        return command;
    }

    private static void Run(string? folder, string name)
    {
        using var opened = folder is null ? null : CheckpointFolder.Open(folder);
        using var random = RandomCheckpoint.Create("2b");
        CheckpointReader reader = opened is null ? random : opened.Reader;
        var info = reader.Tensors[name];
        var width = (int)info.Shape[1];
        var rows = (int)Math.Min(info.Shape[0], 4096);
        var values = new float[rows * width];
        reader.Read(name, 0, values);

        var table = new Table().AddColumns("bits", "block", "zero points", "scales", "million weights/s", "relative squared error");
        foreach (var bits in (int[])[4, 8])
        {
            foreach (var block in (int[])[32, 64, 128])
            {
                foreach (var zeroPoints in (bool[])[false, true])
                {
                    foreach (var choice in Enum.GetValues<ScaleChoice>())
                    {
                        var format = new QuantizationFormat(bits, block, zeroPoints, choice);
                        var (speed, error) = Measure(values, width, format);
                        table.AddRow($"{bits}", $"{block}", zeroPoints ? "yes" : "no", $"{choice}", $"{speed / 1e6:F0}", $"{error:E4}");
                    }
                }
            }
        }

        AnsiConsole.Write(table);
    }

    private static (double Speed, double Error) Measure(float[] values, int width, QuantizationFormat format)
    {
        var rows = values.Length / width;
        var packed = new byte[rows * format.PackedBytes(width)];
        var scales = new float[rows * format.BlockCount(width)];
        var zeroPoints = new byte[rows * format.ZeroPointBytes(width)];
        var quantizer = new BlockQuantizer(format, DataType.Float);
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < Repetitions; i++)
        {
            var start = Stopwatch.GetTimestamp();
            quantizer.Quantize(values, width, packed, scales, zeroPoints);
            var elapsed = Stopwatch.GetElapsedTime(start);
            if (elapsed < best) best = elapsed;
        }

        var restored = new float[values.Length];
        BlockDequantizer.Dequantize(packed, scales, zeroPoints, format, width, restored);
        double error = 0, total = 0;
        for (var i = 0; i < values.Length; i++)
        {
            error += Math.Pow(values[i] - restored[i], 2);
            total += Math.Pow(values[i], 2);
        }

        return (values.Length / best.TotalSeconds, error / total);
    }
}
