namespace Gemma.Tokenization;

/// <summary>Which text of a pair is cut where both together are too long. A single text is always the first.</summary>
public enum TruncationStrategy
{
    /// <summary>None.</summary>
    None,

    /// <summary>The longer one until both are equally long, then both.</summary>
    LongestFirst,

    /// <summary>The first; it must be long enough.</summary>
    OnlyFirst,

    /// <summary>The second; it must be long enough.</summary>
    OnlySecond,
}
