namespace Gemma;

/// <summary>An option of a generation request is malformed, out of range or contradicts another. Raised before any computation.</summary>
public sealed class InvalidGenerationConfigException : GemmaException
{
    /// <summary>Creates the exception.</summary>
    public InvalidGenerationConfigException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public InvalidGenerationConfigException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public InvalidGenerationConfigException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception for an option.</summary>
    /// <param name="option">The option at fault, named as in transformers.</param>
    /// <param name="problem">What is wrong and what to do, without a final period.</param>
    public InvalidGenerationConfigException(string option, string problem)
        : base($"{option}: {problem}.")
    {
        Option = option;
        Problem = problem;
    }

    /// <summary>The option at fault, or null.</summary>
    public string? Option { get; }

    internal string? Problem { get; }
}
