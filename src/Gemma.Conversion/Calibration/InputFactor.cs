using System.Numerics.Tensors;
using Gemma.Conversion.Quantization;
using Gemma.Runtime.Engines.OnnxRuntime.Memory;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Calibration;

/// <summary>
/// What calibration knows about a projection's input: the lower triangular M with MᵀM = H, where H is the inputs' damped second moment. The error of a
/// row of weights, δᵀHδ, is then |Mδ|², and column i can undo what columns before it did wrong: δᵢ = -Σ Mᵢⱼδⱼ / Mᵢᵢ. Each row of M is
/// stored divided by its diagonal.
/// </summary>
/// <remarks>Source: Frantar et al., "GPTQ", 2022, in the form of Babai's nearest plane.</remarks>
internal sealed unsafe class InputFactor : IRowQuantizerFactory
{
    private const int BlockRows = 64;

    // Of the mean of the diagonal. A few thousand tokens of calibration text say less than they seem to: 1 % leaves more divergence on unseen text.
    private const double Damping = 0.1;
    private const int MaxDampingSteps = 6;

    private readonly NativeBuffer _matrix;

    private InputFactor(int width, NativeBuffer matrix, int stride)
    {
        Width = width;
        Stride = stride;
        _matrix = matrix;
        Diagonal = new float[stride];
    }

    /// <summary>Input features.</summary>
    public int Width { get; }

    /// <summary>Floats from row to row of the matrix.</summary>
    public int Stride { get; }

    /// <summary>The diagonal of M: what an uncorrected error of a column costs.</summary>
    public float[] Diagonal { get; }

    /// <summary>Row <paramref name="i"/> of M divided by its diagonal.</summary>
    public float* Row(int i) => Matrix + ((long)i * Stride);

    private float* Matrix => (float*)_matrix.Pointer;

    /// <summary>Computes the factor.</summary>
    /// <param name="width">Input features.</param>
    /// <param name="chunks">The inputs, in pieces of [rows, <paramref name="width"/>]; read again if more damping is needed.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static InputFactor Compute(int width, Func<IEnumerable<ReadOnlyMemory<float>>> chunks, CancellationToken cancellationToken)
    {
        var stride = (width + GramMatrix.Panel - 1) / GramMatrix.Panel * GramMatrix.Panel;
        for (var step = 0; ; step++)
        {
            var factor = new InputFactor(width, new NativeBuffer((long)stride * stride * sizeof(float)), stride);
            try
            {
                foreach (var chunk in chunks())
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    factor.Accumulate(chunk.Span);
                }

                factor.Damp(Damping * Math.Pow(10, step));
                if (factor.Factor(cancellationToken)) return factor;
            }
            catch
            {
                factor.Dispose();
                throw;
            }

            factor.Dispose();
            if (step == MaxDampingSteps) throw new ArithmeticException("The calibration inputs have no usable second moment.");
        }
    }

    /// <inheritdoc/>
    public IRowQuantizer Create(QuantizationFormat format, DataType scaleType) => new CalibratedQuantizer(format, scaleType, this);

    public void Dispose() => _matrix.Dispose();

    private void Accumulate(ReadOnlySpan<float> inputs)
    {
        var rows = inputs.Length / Width;
        using var copy = new NativeBuffer((long)rows * Stride * sizeof(float));
        var padded = (float*)copy.Pointer;
        for (var row = 0; row < rows; row++) inputs.Slice(row * Width, Width).CopyTo(new Span<float>(padded + ((long)row * Stride), Width));
        GramMatrix.Accumulate(padded, rows, Stride, Matrix, Stride, 1);
    }

    private void Damp(double damping)
    {
        var sum = 0.0;
        for (var i = 0; i < Width; i++) sum += Row(i)[i];
        var added = (float)(damping * sum / Width);

        // Inputs that are always 0, and the columns that fill the matrix up, constrain nothing.
        for (var i = 0; i < Stride; i++) Row(i)[i] = Row(i)[i] > 0 ? Row(i)[i] + added : 1;
    }

    // From the last row up: a row divided by the root of its diagonal, then taken out of the rows above it.
    private bool Factor(CancellationToken cancellationToken)
    {
        for (var end = Stride; end > 0; end -= BlockRows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var start = Math.Max(0, end - BlockRows);
            for (var i = end - 1; i >= start; i--)
            {
                var row = new Span<float>(Row(i), i + 1);
                for (var k = i + 1; k < end; k++) TensorPrimitives.MultiplyAdd(new ReadOnlySpan<float>(Row(k), i + 1), -Row(k)[i], row, row);
                if (!(row[i] > 0) || !float.IsFinite(row[i])) return false;
                TensorPrimitives.Multiply(row, 1 / MathF.Sqrt(row[i]), row);
            }

            GramMatrix.Accumulate(Row(start), end - start, start, Matrix, Stride, -1);
        }

        for (var i = 0; i < Stride; i++)
        {
            Diagonal[i] = Row(i)[i];
            TensorPrimitives.Divide(new ReadOnlySpan<float>(Row(i), i + 1), Diagonal[i], new Span<float>(Row(i), i + 1));
        }

        return true;
    }
}
