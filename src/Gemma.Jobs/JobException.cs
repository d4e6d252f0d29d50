namespace Gemma.Jobs;

/// <summary>A job cannot be made, continued or merged.</summary>
public sealed class JobException : GemmaException
{
    /// <summary>Makes the error.</summary>
    /// <param name="message">What is wrong, and the remedy.</param>
    /// <param name="innerException">The reason, or null.</param>
    public JobException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
