using Gemma.Conversion.Quantization;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Weights;

/// <summary>A value of the graph that projections multiply, and the work that waits for what calibration finds about it.</summary>
/// <param name="name">The value's name.</param>
/// <param name="width">Its features.</param>
internal sealed class CalibratedInput(string name, int width)
{
    private readonly List<WeightTask> _tasks = [];

    /// <summary>The value's name.</summary>
    public string Name => name;

    /// <summary>Its features.</summary>
    public int Width => width;

    /// <summary>The work on the weights that multiply it.</summary>
    public IReadOnlyList<WeightTask> Tasks => _tasks;

    /// <summary>Makes quantizers by what calibration found, while the work is done.</summary>
    public IRowQuantizerFactory? Quantizers { get; set; }

    /// <summary>Adds a piece of work.</summary>
    public void Add(WeightTask task) => _tasks.Add(task);

    /// <summary>A quantizer of weights that multiply the value.</summary>
    /// <param name="format">The integers' format.</param>
    /// <param name="scaleType">The stored type of the scales.</param>
    /// <exception cref="InvalidOperationException">The value has not been calibrated.</exception>
    public IRowQuantizer CreateQuantizer(QuantizationFormat format, DataType scaleType) =>
        Quantizers?.Create(format, scaleType) ?? throw new InvalidOperationException($"The inputs '{name}' have not been calibrated.");
}
