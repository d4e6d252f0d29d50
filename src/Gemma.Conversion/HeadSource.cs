namespace Gemma.Conversion;

/// <summary>A classification head to put over a package's backbone.</summary>
/// <param name="Path">A folder with <c>config.json</c> and either a whole classifier checkpoint, whose backbone must be bit-identical, or
/// <c>score.safetensors</c> alone.</param>
/// <param name="Name">The head's name in the package: up to 64 ASCII letters, digits, '.', '-' and '_'; null takes the folder's name.</param>
public sealed record HeadSource(string Path, string? Name = null)
{
    /// <summary>Reads <c>FOLDER</c> or <c>FOLDER=name</c>.</summary>
    /// <param name="text">The text.</param>
    public static HeadSource Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        var separator = text.LastIndexOf('=');
        return separator <= 0 || Directory.Exists(text) ? new HeadSource(text) : new HeadSource(text[..separator], text[(separator + 1)..]);
    }
}
