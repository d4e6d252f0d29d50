namespace Gemma.Runtime.Classification;

/// <summary>Where a text that is too long is cut: transformers' <c>truncation_side</c>.</summary>
public enum TruncationSide
{
    /// <summary>The end is cut off.</summary>
    Right,

    /// <summary>The beginning is cut off; the BOS stays.</summary>
    Left,
}
