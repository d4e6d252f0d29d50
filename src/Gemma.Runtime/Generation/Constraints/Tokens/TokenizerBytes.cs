using Gemma.Tokenization;

namespace Gemma.Runtime.Generation.Constraints.Tokens;

/// <summary>The bytes of a tokenizer's pieces, as decoding gives them.</summary>
internal sealed class TokenizerBytes : ITokenBytes
{
    private readonly byte[] _bytes;
    private readonly int[] _starts;
    private readonly bool[] _special;

    /// <summary>Reads the pieces.</summary>
    public TokenizerBytes(GemmaTokenizer tokenizer)
    {
        _starts = new int[tokenizer.VocabularySize + 1];
        _special = new bool[tokenizer.VocabularySize];
        List<byte> bytes = [];
        for (var id = 0; id < tokenizer.VocabularySize; id++)
        {
            _special[id] = tokenizer.IsSpecialToken(id) || tokenizer.IsControlToken(id);
            bytes.AddRange(tokenizer.GetPieceBytes(id));
            _starts[id + 1] = bytes.Count;
        }

        _bytes = [.. bytes];
    }

    /// <inheritdoc/>
    public int Count => _special.Length;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> GetBytes(int id) => _bytes.AsSpan(_starts[id].._starts[id + 1]);

    /// <inheritdoc/>
    public bool IsSpecial(int id) => _special[id];
}
