namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>A tensor of a GGUF file; its place has been checked against the file.</summary>
/// <param name="Name">The name in the file.</param>
/// <param name="Type">How it is stored.</param>
/// <param name="Shape">The dimensions, outermost first: the reverse of the file's, without its trailing ones.</param>
/// <param name="Position">Its first byte in the file.</param>
/// <param name="Bytes">Its bytes.</param>
internal sealed record GgufTensorInfo(string Name, GgufTensorType Type, IReadOnlyList<long> Shape, long Position, long Bytes)
{
    /// <summary>Weights of a row.</summary>
    public long Width => Shape[^1];

    /// <summary>Bytes of a row: blocks never cross rows.</summary>
    public long RowBytes => Width / Type.Elements * Type.Bytes;
}
