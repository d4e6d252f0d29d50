namespace Gemma.Conversion.Inspection;

/// <summary>A file of a checkpoint or package.</summary>
/// <param name="Path">Relative to the folder, with forward slashes.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Sha256">Its SHA-256 in lower-case hexadecimal, or null if it was not computed.</param>
internal sealed record ModelFile(string Path, long Length, string? Sha256);
