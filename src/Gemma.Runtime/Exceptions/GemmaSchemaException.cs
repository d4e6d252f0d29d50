namespace Gemma;

/// <summary>
/// A JSON schema that output should follow cannot be followed: it is malformed, contradicts itself or refers to another document. Raised before any
/// computation.
/// </summary>
public sealed class GemmaSchemaException : GemmaException
{
    /// <summary>Creates the exception.</summary>
    public GemmaSchemaException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public GemmaSchemaException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public GemmaSchemaException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
