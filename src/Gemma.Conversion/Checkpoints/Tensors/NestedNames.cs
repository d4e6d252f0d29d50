namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>Names of what nested containers hold: the keys on the way, joined with '/'. A key counts for all that is under it, so they are bounded.</summary>
/// <param name="file">The file, for messages.</param>
internal sealed class NestedNames(CheckpointFile file)
{
    private const int MaxLength = 1024;
    private const int MaxCharacters = 1 << 24;

    private int _characters;

    /// <summary>The name of what a container has under a key.</summary>
    /// <exception cref="InvalidModelException">It is longer than any tensor's, or all of them together are.</exception>
    public string Join(string container, string key)
    {
        if (container.Length + key.Length >= MaxLength)
            throw file.Error(null, $"the nested keys of a value are longer together than {MaxLength} characters; no tensor has such a name");
        var name = container.Length == 0 ? key : $"{container}/{key}";
        _characters += name.Length;
        return _characters <= MaxCharacters ? name : throw file.Error(null, "the names of all values are longer together than any model's");
    }
}
