namespace Gemma.Runtime.Models;

/// <summary>One tensor of a safetensors file: it lies where the header says, and its bytes fit type and shape.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type as the format writes it, such as F32.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Start">Where it begins in the file.</param>
/// <param name="Length">Its bytes.</param>
internal sealed record SafetensorsTensor(string Name, string Type, IReadOnlyList<long> Shape, long Start, long Length);
