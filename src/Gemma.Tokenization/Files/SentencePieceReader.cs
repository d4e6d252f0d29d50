using System.Runtime.CompilerServices;
using Gemma.IO;
using Gemma.Tokenization.BytePairs;

namespace Gemma.Tokenization.Files;

/// <summary>Reads <c>tokenizer.model</c>, a SentencePiece BPE model, into what transformers makes of it when it converts one to tokenizer.json.</summary>
/// <remarks>Source: sentencepiece_model.proto for the field numbers; transformers' <c>GemmaConverter</c> for the conversion.</remarks>
internal sealed class SentencePieceReader
{
    private const long MaxFileBytes = 256L << 20;

    // A piece takes 17 or 18 bytes of Gemma's files on average.
    private const int BytesPerPiece = 17;

    private readonly string _path;
    private readonly ScoredPieces _scored;
    private readonly List<(int Id, SentencePieceType Type)> _added = [];

    private SentencePieceReader(string path, int expected)
    {
        _path = path;
        _scored = new ScoredPieces(expected);
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidModelException">The file is malformed or not a Gemma tokenizer.</exception>
    public static Vocabulary Read(string path)
    {
        var bytes = TokenizerFile.ReadAllBytes(path, MaxFileBytes);
        try
        {
            return new SentencePieceReader(path, bytes.Length / BytesPerPiece).Read(bytes);
        }
        catch (FormatException e)
        {
            throw new InvalidModelException(path, null, e.Message, e);
        }
    }

    private Vocabulary Read(ReadOnlySpan<byte> bytes)
    {
        var (modelType, byteFallback) = (1UL, false);
        var model = new ProtobufReader(bytes);
        while (model.Read())
        {
            if (model.Field is not (1 or 2)) continue;
            if (model.Type != ProtobufWireType.Bytes) throw Error(model.Field == 1 ? "pieces" : "trainer_spec", "a message is expected");
            if (model.Field == 1)
            {
                ReadPiece(model.Bytes);
                continue;
            }

            var trainer = new ProtobufReader(model.Bytes);
            while (trainer.Read())
            {
                if (trainer.Field == 3) modelType = trainer.Number;
                if (trainer.Field == 35) byteFallback = trainer.Number != 0;
            }
        }

        if (_scored.NameTab() is { } problem) throw Error("pieces", problem);
        if (_scored.Count == 0) throw Error("pieces", "the file has no pieces: this is not a SentencePiece model");
        if (modelType != 2) throw Error("trainer_spec.model_type", $"{modelType} is not BPE (2): this is not a Gemma tokenizer, or the file was cut off");
        if (!byteFallback) throw Error("trainer_spec.byte_fallback", "true is expected: this is not a Gemma tokenizer");
        var unknown = _added.Count(token => token.Type == SentencePieceType.Unknown);
        if (unknown != 1) throw Error("pieces", $"{unknown} pieces have the type UNKNOWN; exactly one must");
        return new Vocabulary(_path, _scored.Pieces, _scored.BuildMerges(), AddedTokens(), []);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadPiece(ReadOnlySpan<byte> message)
    {
        var id = _scored.Count;
        ReadOnlySpan<byte> text = default;
        var (score, type) = (0f, SentencePieceType.Normal);
        var field = new ProtobufReader(message);
        while (field.Read())
        {
            switch (field.Field, field.Type)
            {
                case (1, ProtobufWireType.Bytes): text = field.Bytes; break;
                case (2, ProtobufWireType.Fixed32): score = field.Float; break;
                case (3, ProtobufWireType.Varint):
                    type = field.Number is >= 1 and <= 6
                    ? (SentencePieceType)field.Number
                    : throw Error("pieces.type", $"piece {id} has the type {field.Number}, which is not one of 1 to 6"); break;
                case (1 or 2 or 3, _): throw Error("pieces", $"field {field.Field} of piece {id} has the wrong kind of value");
                default: break;
            }
        }

        if (!float.IsFinite(score)) throw Error("pieces.score", $"piece {id} has the score {score}");
        var isByte = PieceText.ByteValue(text) >= 0;
        if (!isByte && (type == SentencePieceType.Byte || PieceText.LooksLikeByte(text)))
            throw Error("pieces.type", $"piece {id} is a byte piece, but its text is not one of <0x00> to <0xFF>");
        if (_scored.Add(text, score) is { } problem) throw Error("pieces", problem);
        if (type is SentencePieceType.Control or SentencePieceType.Unknown or SentencePieceType.UserDefined) _added.Add((id, type));
    }

    private List<AddedToken> AddedTokens()
    {
        List<AddedToken> tokens = [];
        foreach (var (id, type) in _added)
        {
            var text = _scored.Pieces.GetText(id)!;
            tokens.Add(new AddedToken(id, text, type != SentencePieceType.UserDefined || ControlTokens.IsSpecialByName(text)));
        }

        if (ScoredPieces.MissingImageToken(_scored.Pieces) is { } image) tokens.Add(image);
        return tokens;
    }

    private InvalidModelException Error(string field, string problem) => new(_path, field, problem);
}
