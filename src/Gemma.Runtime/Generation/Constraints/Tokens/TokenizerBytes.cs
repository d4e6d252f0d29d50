using Gemma.Runtime.Prompts.Tools;
using Gemma.Tokenization;

namespace Gemma.Runtime.Generation.Constraints.Tokens;

/// <summary>The bytes of a tokenizer's pieces, as decoding gives them.</summary>
internal sealed class TokenizerBytes : ITokenBytes
{
    private readonly byte[] _bytes;
    private readonly int[] _starts;
    private readonly bool[] _special;

    /// <summary>Reads the pieces.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="marks">Control tokens that grammars know, each with the character that stands for it.</param>
    public TokenizerBytes(GemmaTokenizer tokenizer, IReadOnlyDictionary<int, char>? marks = null)
    {
        _starts = new int[tokenizer.VocabularySize + 1];
        _special = new bool[tokenizer.VocabularySize];
        List<byte> bytes = [];
        for (var id = 0; id < tokenizer.VocabularySize; id++)
        {
            var isMark = TryGetMark(marks, id, out var mark);
            var piece = isMark ? ReplyMarks.TokenBytes(mark) : tokenizer.GetPieceBytes(id);

            // An unused id and a piece that could pass for a mark's first byte are no text either.
            _special[id] = !isMark && (tokenizer.IsSpecialToken(id) || tokenizer.IsControlToken(id) || piece is [] or [ReplyMarks.NoUtf8, ..]);
            bytes.AddRange(piece);
            _starts[id + 1] = bytes.Count;
        }

        _bytes = [.. bytes];
    }

    private static bool TryGetMark(IReadOnlyDictionary<int, char>? marks, int id, out char mark)
    {
        mark = default;
        return marks is not null && marks.TryGetValue(id, out mark);
    }

    /// <inheritdoc/>
    public int Count => _special.Length;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> GetBytes(int id) => _bytes.AsSpan(_starts[id].._starts[id + 1]);

    /// <inheritdoc/>
    public bool IsSpecial(int id) => _special[id];
}
