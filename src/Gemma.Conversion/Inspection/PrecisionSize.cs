namespace Gemma.Conversion.Inspection;

/// <summary>What a model takes in a precision.</summary>
/// <param name="Precision">"fp32", "fp16", "bf16", "int8", "int4", "w8a8", and for GGUF files "keep", which is their default.</param>
/// <param name="FileBytes">The package's weights on disk.</param>
/// <param name="MemoryBytes">Weights and one sequence's keys and values in memory, on a CPU, at the context asked for.</param>
/// <param name="MappedBytes">What of the package stays on disk, mapped: tables of which a token reads one row.</param>
internal sealed record PrecisionSize(string Precision, long FileBytes, long MemoryBytes, long MappedBytes);
