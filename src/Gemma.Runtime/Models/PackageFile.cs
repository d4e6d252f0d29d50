namespace Gemma.Runtime.Models;

/// <summary>A file of a model package as it was written.</summary>
/// <param name="Path">Relative to the package, with forward slashes.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Sha256">Its SHA-256, in lower-case hexadecimal.</param>
public sealed record PackageFile(string Path, long Length, string Sha256);
