namespace Gemma.Tokenization.BytePairs;

/// <summary>A token that is cut out of the text before byte-pair encoding.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="IsSpecial">Whether decoding can skip it.</param>
/// <param name="IsNormalized">Whether it is looked for after spaces became U+2581.</param>
internal readonly record struct AddedToken(int Id, string Content, bool IsSpecial, bool IsNormalized = false)
{
    /// <summary>Whether it takes the white space before it.</summary>
    public bool StripsLeft { get; init; }

    /// <summary>Whether it takes the white space behind it.</summary>
    public bool StripsRight { get; init; }

    /// <summary>Whether it is only found where no letter, digit or underscore touches it.</summary>
    public bool IsSingleWord { get; init; }
}
