namespace Gemma.Benchmarks.Serving;

/// <summary>How a request of the mixed test ended.</summary>
internal enum MixedOutcome
{
    /// <summary>With the answer of its solo run.</summary>
    Equal,

    /// <summary>Cancelled by its caller.</summary>
    Cancelled,

    /// <summary>Refused because too many waited, and sent again: counted each time, besides the way it ended.</summary>
    Refused,

    /// <summary>With another answer: an error.</summary>
    Different,

    /// <summary>With another exception: an error.</summary>
    Failed,
}
