using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Weights;

/// <summary>A bounded piece of the weight file's content. Tasks run in any order and side by side.</summary>
internal abstract class WeightTask
{
    /// <summary>Source bytes that the task reads, as binary32.</summary>
    public abstract long Work { get; }

    /// <summary>Reads, transforms and writes.</summary>
    public abstract void Run(CheckpointReader reader, WeightFile file);
}
