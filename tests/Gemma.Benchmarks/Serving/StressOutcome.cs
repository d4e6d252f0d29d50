namespace Gemma.Benchmarks.Serving;

/// <summary>How a request of the stress test ended; a failure stops the test.</summary>
internal enum StressOutcome
{
    /// <summary>Complete, with the tokens of its solo run.</summary>
    Equal,

    /// <summary>Complete, with other tokens: an error.</summary>
    Different,

    /// <summary>Cancelled by its caller.</summary>
    Cancelled,
}
