using Gemma.Tokenization.BytePairs;

namespace Gemma.Tokenization.Files;

/// <summary>The pieces of a byte-pair model that has scores instead of merges, and what transformers makes of them.</summary>
internal sealed class ScoredPieces(int expected)
{
    private const int MultimodalPieces = 262144;

    private readonly List<float> _scores = new(expected);

    // The piece <0x09>, which gets its name last.
    private int? _tabByte;

    /// <summary>The pieces.</summary>
    public PieceTable Pieces { get; } = new(expected);

    /// <summary>Number of pieces, the tab's included.</summary>
    public int Count => _scores.Count;

    private static ReadOnlySpan<byte> TabByte => "<0x09>"u8;

    /// <summary>Adds the piece of the next id.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="score">Its score; 0 for pieces that are cut out of the text first.</param>
    /// <returns>What is wrong with it, or null.</returns>
    public string? Add(ReadOnlySpan<byte> text, float score)
    {
        var id = _scores.Count;
        _scores.Add(score);
        if (_tabByte is not null || !text.SequenceEqual(TabByte)) return Pieces.Add(id, text);
        _tabByte = id;
        return null;
    }

    /// <summary>Leaves the next id without a piece.</summary>
    public void Skip() => _scores.Add(0);

    /// <summary>Names the tab's byte piece: a vocabulary without a tab calls it so, because merges of tabs need it.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public string? NameTab() => _tabByte is { } id ? Pieces.Add(id, Pieces.Find("\t"u8) < 0 ? "\t"u8 : TabByte) : null;

    /// <summary>The merges that transformers derives.</summary>
    /// <exception cref="FormatException">There are more merges than supported.</exception>
    public MergeTable BuildMerges() => SentencePieceMerges.Build(Pieces, _scores);

    /// <summary>The token that tokenizer.json of Gemma 3 has beyond the pieces of tokenizer.model, if it is missing here.</summary>
    public static AddedToken? MissingImageToken(PieceTable pieces) =>
        pieces.Count == MultimodalPieces && pieces.Find(ControlTokens.StartOfImage) >= 0 && pieces.Find(ControlTokens.ImageSoftToken) < 0
            ? new AddedToken(MultimodalPieces, ControlTokens.ImageSoftToken, IsSpecial: true)
            : null;
}
