namespace Gemma.Jobs;

/// <summary>A line of a job's input cannot be worked on.</summary>
public sealed class JobLineException : GemmaException
{
    /// <summary>Makes the error of a line.</summary>
    /// <param name="message">What is wrong with it.</param>
    /// <param name="innerException">The reason, or null.</param>
    public JobLineException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
