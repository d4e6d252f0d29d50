namespace Gemma;

/// <summary>A native inference library is missing, does not fit or failed; the message carries its text.</summary>
public sealed class EngineException : GemmaException
{
    /// <summary>Creates the exception.</summary>
    public EngineException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public EngineException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public EngineException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
