namespace Gemma.Runtime.Engines.Providers;

/// <summary>A GPU as its driver describes it.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Name">Its name.</param>
/// <param name="MemoryBytes">Its memory.</param>
internal sealed record CudaDevice(int Index, string Name, long MemoryBytes);
