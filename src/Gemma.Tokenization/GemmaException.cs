namespace Gemma;

/// <summary>The base of every error that this library raises for bad input or a failed operation. The message is one line and names the remedy.</summary>
public class GemmaException : Exception
{
    /// <summary>Creates the exception.</summary>
    public GemmaException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public GemmaException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public GemmaException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
