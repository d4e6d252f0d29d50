namespace Gemma.Runtime.Classification;

/// <summary>A classification head was asked for that the package does not have; the message lists those it has.</summary>
public sealed class UnknownHeadException : GemmaException
{
    /// <summary>Creates the exception.</summary>
    public UnknownHeadException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public UnknownHeadException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public UnknownHeadException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception for a name.</summary>
    /// <param name="head">The name, or null when none was given and the package has several heads.</param>
    /// <param name="heads">The package's heads.</param>
    public UnknownHeadException(string? head, IReadOnlyCollection<string> heads)
        : base(Message(head, heads)) => Head = head;

    /// <summary>The name that was asked for, or null.</summary>
    public string? Head { get; }

    private static new string Message(string? head, IReadOnlyCollection<string> heads) => (head, heads.Count) switch
    {
        (_, 0) => "The package has no classification heads; convert a classifier checkpoint, or add heads with 'gemma convert … --head FOLDER'.",
        (null, _) => $"The package has several heads; name one of {string.Join(", ", heads)}.",
        _ => $"The package has no head '{head}'; it has {string.Join(", ", heads)}.",
    };
}
