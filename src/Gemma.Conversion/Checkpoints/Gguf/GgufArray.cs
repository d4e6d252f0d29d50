namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>An array of metadata; its items stay in the file until someone asks for them.</summary>
/// <param name="ElementType">The items' type.</param>
/// <param name="Count">Number of items; they have been walked over, so all are there.</param>
/// <param name="Position">The first item's place in the file.</param>
internal sealed record GgufArray(GgufValueType ElementType, long Count, long Position);
