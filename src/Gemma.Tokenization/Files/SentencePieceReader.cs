using System.Runtime.CompilerServices;

namespace Gemma.Tokenization.Files;

/// <summary>Reads <c>tokenizer.model</c>, a SentencePiece BPE model, into what transformers makes of it when it converts one to tokenizer.json.</summary>
/// <remarks>Source: sentencepiece_model.proto for the field numbers; transformers' <c>GemmaConverter</c> for the conversion.</remarks>
internal sealed class SentencePieceReader
{
    private const long MaxFileBytes = 256L << 20;
    private const int MultimodalPieces = 262144;

    // A piece takes 17 or 18 bytes of Gemma's files on average.
    private const int BytesPerPiece = 17;

    private readonly string _path;
    private readonly PieceTable _pieces;
    private readonly List<float> _scores;
    private readonly List<(int Id, SentencePieceType Type)> _added = [];

    // The piece <0x09>, which gets its name last.
    private int? _tabByte;

    private SentencePieceReader(string path, int expected)
    {
        _path = path;
        _pieces = new PieceTable(expected);
        _scores = new List<float>(expected);
    }

    private static ReadOnlySpan<byte> TabByte => "<0x09>"u8;

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

        // A vocabulary without a tab calls the byte piece of it so, because merges of tabs need it.
        if (_tabByte is { } id) Add(id, _pieces.Find("\t"u8) < 0 ? "\t"u8 : TabByte);
        if (_pieces.Count == 0) throw Error("pieces", "the file has no pieces: this is not a SentencePiece model");
        if (modelType != 2) throw Error("trainer_spec.model_type", $"{modelType} is not BPE (2): this is not a Gemma tokenizer, or the file was cut off");
        if (!byteFallback) throw Error("trainer_spec.byte_fallback", "true is expected: this is not a Gemma tokenizer");
        var unknown = _added.Count(token => token.Type == SentencePieceType.Unknown);
        if (unknown != 1) throw Error("pieces", $"{unknown} pieces have the type UNKNOWN; exactly one must");
        return new Vocabulary(_path, _pieces, SentencePieceMerges.Build(_pieces, _scores), AddedTokens());
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadPiece(ReadOnlySpan<byte> message)
    {
        var id = _scores.Count;
        ReadOnlySpan<byte> text = default;
        var (score, type) = (0f, SentencePieceType.Normal);
        var field = new ProtobufReader(message);
        while (field.Read())
        {
            switch (field.Field, field.Type)
            {
                case (1, ProtobufWireType.Bytes): text = field.Bytes; break;
                case (2, ProtobufWireType.Fixed32): score = field.Float; break;
                case (3, ProtobufWireType.Varint): type = field.Number is >= 1 and <= 6 ? (SentencePieceType)field.Number : throw Error("pieces.type", $"piece {id} has the type {field.Number}, which is not one of 1 to 6"); break;
                case (1 or 2 or 3, _): throw Error("pieces", $"field {field.Field} of piece {id} has the wrong kind of value");
                default: break;
            }
        }

        if (!float.IsFinite(score)) throw Error("pieces.score", $"piece {id} has the score {score}");
        var isByte = PieceText.ByteValue(text) >= 0;
        if (!isByte && (type == SentencePieceType.Byte || PieceText.LooksLikeByte(text))) throw Error("pieces.type", $"piece {id} is a byte piece, but its text is not one of <0x00> to <0xFF>");
        if (_tabByte is null && text.SequenceEqual(TabByte)) _tabByte = id;
        else Add(id, text);
        _scores.Add(score);
        if (type is SentencePieceType.Control or SentencePieceType.Unknown or SentencePieceType.UserDefined) _added.Add((id, type));
    }

    private void Add(int id, ReadOnlySpan<byte> text)
    {
        if (_pieces.Add(id, text) is { } problem) throw Error("pieces", problem);
    }

    private List<AddedToken> AddedTokens()
    {
        List<AddedToken> tokens = [];
        foreach (var (id, type) in _added)
        {
            var text = _pieces.GetText(id)!;
            tokens.Add(new AddedToken(id, text, type != SentencePieceType.UserDefined || ControlTokens.IsSpecialByName(text)));
        }

        // The model file of Gemma 3 lacks the last token of its tokenizer.json.
        if (_pieces.Count == MultimodalPieces && _pieces.Find(ControlTokens.StartOfImage) >= 0 && _pieces.Find(ControlTokens.ImageSoftToken) < 0)
            tokens.Add(new AddedToken(MultimodalPieces, ControlTokens.ImageSoftToken, IsSpecial: true));
        return tokens;
    }

    private InvalidModelException Error(string field, string problem) => new(_path, field, problem);
}
