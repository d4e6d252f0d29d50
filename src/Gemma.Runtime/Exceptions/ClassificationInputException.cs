namespace Gemma;

/// <summary>A text cannot be classified: it is empty, or its ids are not the model's.</summary>
public sealed class ClassificationInputException : GemmaException
{
    /// <summary>Creates the exception.</summary>
    public ClassificationInputException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public ClassificationInputException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public ClassificationInputException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception for one of several inputs.</summary>
    /// <param name="index">The input's place in the call, from 0.</param>
    /// <param name="problem">What is wrong and what to do, without a final period.</param>
    public ClassificationInputException(int index, string problem)
        : base($"Input {index}: {problem}.")
    {
        Index = index;
        Problem = $"{problem}.";
    }

    /// <summary>The input's place in the call, from 0; -1 if it is not known.</summary>
    public int Index { get; } = -1;

    /// <summary>What is wrong, for callers that have their own name for the input; null if that is the whole message.</summary>
    internal string? Problem { get; }
}
