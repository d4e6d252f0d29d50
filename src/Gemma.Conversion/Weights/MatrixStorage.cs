namespace Gemma.Conversion.Weights;

/// <summary>How a matrix was stored in the checkpoint and is stored in the package.</summary>
/// <param name="Kind">What it is, whatever its layer, such as "mlp.down_proj".</param>
/// <param name="Source">How the checkpoint stores it, such as "q4_k".</param>
/// <param name="Stored">How the package does, such as "int4, blocks of 32".</param>
/// <param name="IsExact">Whether every weight kept its value.</param>
/// <param name="Bytes">Its bytes in the package.</param>
internal sealed record MatrixStorage(string Kind, string Source, string Stored, bool IsExact, long Bytes);
