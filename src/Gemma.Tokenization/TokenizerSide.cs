namespace Gemma.Tokenization;

/// <summary>A side of a sequence of ids.</summary>
public enum TokenizerSide
{
    /// <summary>Before the first id.</summary>
    Left,

    /// <summary>After the last id.</summary>
    Right,
}
