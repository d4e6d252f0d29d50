namespace Gemma.Runtime.Models;

/// <summary>How the matrices of one kind were stored in the checkpoint and are stored in the package.</summary>
/// <param name="Matrix">The kind, such as "mlp.down_proj".</param>
/// <param name="Source">How the checkpoint stores them, such as "q4_k" or "bfloat16".</param>
/// <param name="Stored">How the package does, such as "int4, blocks of 32".</param>
/// <param name="IsExact">Whether every weight kept its value; otherwise they were rounded or quantised again.</param>
/// <param name="Count">Number of matrices.</param>
/// <param name="Bytes">Their bytes in the package.</param>
public sealed record StoredMatrices(string Matrix, string Source, string Stored, bool IsExact, int Count, long Bytes);
