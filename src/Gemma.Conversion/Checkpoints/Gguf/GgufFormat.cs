namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>How a file's numbers are written.</summary>
/// <param name="Version">1, 2 or 3.</param>
/// <param name="IsBigEndian">Whether the highest byte comes first.</param>
internal readonly record struct GgufFormat(uint Version, bool IsBigEndian)
{
    /// <summary>Bytes of a count or a length.</summary>
    public int CountBytes => Version == 1 ? sizeof(uint) : sizeof(ulong);
}
