namespace Gemma;

/// <summary>A checkpoint, tokenizer or model package is missing, malformed or not supported. Raised before memory is sized from the faulty value.</summary>
public sealed class InvalidModelException : GemmaException
{
    /// <summary>Creates the exception.</summary>
    public InvalidModelException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public InvalidModelException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public InvalidModelException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception for a file and, where there is one, the field in it.</summary>
    /// <param name="path">The file or folder at fault.</param>
    /// <param name="field">The field, key or tensor at fault, or null.</param>
    /// <param name="problem">What is wrong and what to do, without a final period.</param>
    /// <param name="innerException">The cause, or null.</param>
    public InvalidModelException(string path, string? field, string problem, Exception? innerException = null)
        : base(field is null ? $"{path}: {problem}." : $"{path}: {field}: {problem}.", innerException)
    {
        Path = path;
        Field = field;
    }

    /// <summary>The file or folder at fault, or null.</summary>
    public string? Path { get; }

    /// <summary>The field, key or tensor at fault, or null.</summary>
    public string? Field { get; }
}
