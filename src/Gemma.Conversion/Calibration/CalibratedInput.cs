using Gemma.Conversion.Weights;

namespace Gemma.Conversion.Calibration;

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

    /// <summary>What calibration found, while the work is done.</summary>
    public InputFactor? Factor { get; set; }

    /// <summary>Adds a piece of work.</summary>
    public void Add(WeightTask task) => _tasks.Add(task);
}
