namespace Gemma.Runtime.Classification;

/// <summary>A label was named that the classifier does not have; the message lists those it has.</summary>
public sealed class UnknownLabelException : GemmaException
{
    /// <summary>Creates the exception.</summary>
    public UnknownLabelException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public UnknownLabelException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public UnknownLabelException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception for a label.</summary>
    /// <param name="label">The label that was named.</param>
    /// <param name="labels">The classifier's labels.</param>
    public UnknownLabelException(string label, IReadOnlyCollection<string> labels)
        : base($"The classifier has no label '{label}'; it has {string.Join(", ", labels)}.") => Label = label;

    /// <summary>The label that was named, or null.</summary>
    public string? Label { get; }
}
