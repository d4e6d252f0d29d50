namespace Gemma.Conversion.Hub;

/// <summary>A model could not be had from the hub. The message is one line and names the remedy.</summary>
public sealed class HubException : GemmaException
{
    /// <summary>Creates the exception.</summary>
    public HubException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public HubException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public HubException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception with its kind.</summary>
    /// <param name="error">Why.</param>
    /// <param name="message">What is wrong and what to do, one line.</param>
    /// <param name="innerException">The cause, or null.</param>
    public HubException(HubError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    /// <summary>Why.</summary>
    /// <value>Default <see cref="HubError.Network"/>.</value>
    public HubError Error { get; }
}
