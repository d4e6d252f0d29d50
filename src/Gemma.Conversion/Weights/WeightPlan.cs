using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Quantization;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Weights;

/// <summary>The layout of the weight file, decided before a byte is written, and the tasks that fill it in any order.</summary>
internal sealed class WeightPlan
{
    // Tensors begin on a page, so that a runtime can map them without copying.
    private const int PageSize = 4096;

    private readonly List<WeightTask> _tasks = [];
    private readonly List<CalibratedInput> _inputs = [];

    /// <summary>The work, one bounded piece each.</summary>
    public IReadOnlyList<WeightTask> Tasks => _tasks;

    /// <summary>Work that waits for calibration.</summary>
    public IReadOnlyList<CalibratedInput> Inputs => _inputs;

    /// <summary>How matrices are stored, in the order of the graph.</summary>
    public List<MatrixStorage> Storage { get; } = [];

    /// <summary>Whether the checkpoint stores some matrix in blocks.</summary>
    public bool HasBlocks { get; set; }

    /// <summary>Receives the error that quantisation leaves, or null.</summary>
    public QuantizationReport? Report { get; init; }

    /// <summary>The file's length in bytes.</summary>
    public long Length { get; private set; }

    /// <summary>The bytes of tables of which a token reads one row: they need not be in memory.</summary>
    public long MappedBytes { get; set; }

    /// <summary>Source bytes that the tasks read, as binary32.</summary>
    public long Work { get; private set; }

    /// <summary>Places a tensor.</summary>
    public ExternalTensor Place(string name, DataType type, params IReadOnlyList<long> dimensions)
    {
        var offset = (Length + PageSize - 1) / PageSize * PageSize;
        var length = dimensions.Aggregate((long)ElementTypes.Size(type), (product, dimension) => checked(product * dimension));
        Length = offset + length;
        return new ExternalTensor(name, type, dimensions, offset, length);
    }

    /// <summary>Adds a piece of work.</summary>
    public void Add(WeightTask task)
    {
        _tasks.Add(task);
        Work += task.Work;
    }

    /// <summary>The value that projections multiply, to which their work is added.</summary>
    public CalibratedInput Input(string name, int width)
    {
        var input = _inputs.Find(input => input.Name == name);
        if (input is null) _inputs.Add(input = new CalibratedInput(name, width));
        return input;
    }

    /// <summary>Adds a piece of work that waits for calibration.</summary>
    public void Add(CalibratedInput input, WeightTask task)
    {
        input.Add(task);
        Work += task.Work;
    }
}
