namespace Gemma.Tokenization.Files;

/// <summary>The type of a piece in a SentencePiece model.</summary>
internal enum SentencePieceType
{
    /// <summary>An ordinary piece, which merges give.</summary>
    Normal = 1,

    /// <summary>The unknown token.</summary>
    Unknown = 2,

    /// <summary>A token that never comes from text.</summary>
    Control = 3,

    /// <summary>A piece that is cut out of the text first.</summary>
    UserDefined = 4,

    /// <summary>A piece that is not in use.</summary>
    Unused = 5,

    /// <summary>One of the 256 bytes.</summary>
    Byte = 6,
}
