namespace Gemma.Benchmarks.Serving;

/// <summary>How a request of the soak ended.</summary>
internal enum SoakOutcome
{
    /// <summary>Complete, with the text of its solo run.</summary>
    Equal,

    /// <summary>Complete, with another text: an error.</summary>
    Different,

    /// <summary>The client left.</summary>
    Left,

    /// <summary>Malformed, and refused with 400.</summary>
    Refused,

    /// <summary>Another status than it should have: an error.</summary>
    WrongStatus,
}
