using System.Globalization;
using Gemma.Conversion.Checkpoints.Gguf.Blocks;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Quantization;
using Gemma.Conversion.Weights;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Graph;

/// <summary>Decides how a matrix is stored, by the settings and by what the checkpoint stores, and plans its weights.</summary>
internal sealed class MatrixPlanner(WeightPlan plan, GraphSettings settings)
{
    // GatherBlockQuantized takes no smaller ones.
    private const int SmallestBlock = 16;

    /// <summary>Plans a matrix of integers, or returns null for one of floating-point numbers.</summary>
    /// <param name="name">The matrix's name in the package.</param>
    /// <param name="source">The weights.</param>
    /// <param name="role">What it is for.</param>
    /// <param name="input">The name of the value that it multiplies, if calibration decides, else null.</param>
    public PlannedMatrix? Integers(string name, RowSource source, MatrixRole role, string? input)
    {
        if (source.Blocks is { } blocks && blocks.CodeBits <= settings.CarriedBitsOf(role))
        {
            var format = new QuantizationFormat(blocks.CodeBits, blocks.Group, ZeroPoints: false);
            var carried = CarriedRowsTask.Plan(plan, name, source, blocks, settings.FloatType);
            Record(name, source, $"{Describe(format)}{(blocks.HasMinimum ? " with offsets" : string.Empty)}", IsExact(blocks), carried.Bytes);
            return new PlannedMatrix(carried, format);
        }

        if (settings.FormatOf(role) is not { } asked || (settings.KeepsNumbers && source.Numbers is not null)) return null;
        return Made(name, source, asked, settings.Calibrated ? input : null);
    }

    /// <summary>Plans a table of which a token reads one row, in parts of a width; or returns null for one of floating-point numbers.</summary>
    public PlannedMatrix? Table(string name, RowSource source, int part)
    {
        if (settings.LmHead is null || (settings.KeepsNumbers && source.Numbers is not null)) return null;

        // Its bytes stay on disk: 8 bits cost nothing there, and a scale for each part is one for each norm that follows. Narrower parts share one.
        var block = part >= SmallestBlock && int.IsPow2(part) ? part : SmallestBlock;
        return Made(name, source, new QuantizationFormat(8, block, ZeroPoints: false, ScaleChoice.AbsMax), null);
    }

    /// <summary>Plans a matrix of floating-point numbers.</summary>
    public ExternalTensor Numbers(string name, RowSource source)
    {
        var type = !settings.KeepsNumbers || settings.FloatType != DataType.Float ? settings.WeightType : source.Numbers switch
        {
            TensorDataType.Float16 => DataType.Float16,
            TensorDataType.BFloat16 => DataType.Bfloat16,
            _ => DataType.Float,
        };
        var matrix = FloatRowsTask.Plan(plan, name, type, source, 0, source.Rows, source.Width);
        Record(name, source, type switch { DataType.Float16 => "fp16", DataType.Bfloat16 => "bf16", _ => "fp32" }, type == DataType.Float
            || source.Numbers?.ToString().Equals(type.ToString(), StringComparison.OrdinalIgnoreCase) == true, matrix.Length);
        return matrix;
    }

    private PlannedMatrix Made(string name, RowSource source, QuantizationFormat format, string? input)
    {
        var made = QuantizedRowsTask.Plan(plan, name, source, format, settings.FloatType, input);
        Record(name, source, $"{Describe(format)}{(format.ZeroPoints ? " with zero points" : string.Empty)}", false, made.Bytes);
        return new PlannedMatrix(made, format);
    }

    private static string Describe(QuantizationFormat format) => string.Create(CultureInfo.InvariantCulture, $"int{format.Bits}, blocks of {format.BlockSize}");

    // A graph of float16 has scales of float16: those of the simple blocks are, the others are products.
    private bool IsExact(BlockType blocks) =>
        settings.FloatType == DataType.Float || (settings.FloatType == DataType.Float16 && blocks is { HasHalfScale: true, HasMinimum: false });

    private void Record(string name, RowSource source, string stored, bool isExact, long bytes)
    {
        var parts = name.Split('.')
            .Where(part => part is not ("model" or "layers" or "MatMul" or "weight")
                && !int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        plan.HasBlocks |= source.HasBlocks;
        plan.Storage.Add(new MatrixStorage(string.Join('.', parts), source.StoredAs, stored, isExact, bytes));
    }
}
