namespace Gemma.Conversion.Checkpoints.Torch;

/// <summary>An uncompressed entry of a zip archive.</summary>
/// <param name="Name">Its name, with forward slashes.</param>
/// <param name="Offset">Where its bytes begin in the file.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Crc">Its CRC-32 as stated, 0 if there is none.</param>
internal sealed record ZipEntry(string Name, long Offset, long Length, uint Crc);
