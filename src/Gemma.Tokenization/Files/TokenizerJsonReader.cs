using System.Text.Json;
using Gemma.Json;
using Gemma.Tokenization.BytePairs;

namespace Gemma.Tokenization.Files;

/// <summary>Reads <c>tokenizer.json</c>, the format of Hugging Face tokenizers, as far as Gemma uses it; anything else in it is an error.</summary>
internal ref struct TokenizerJsonReader
{
    private const long MaxFileBytes = 512L << 20;

    private readonly string _path;
    private readonly PieceTable _pieces = new();
    private MergeTable _merges = new();
    private readonly List<AddedToken> _added = [];
    private readonly byte[] _pair = new byte[PieceTable.MaxPieceBytes * 2];
    private Utf8JsonReader _json;
    private bool _hasModel;

    private TokenizerJsonReader(string path, ReadOnlySpan<byte> utf8)
    {
        _path = path;
        _json = new Utf8JsonReader(utf8.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8);
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="unused">Ids that need have no piece.</param>
    /// <returns>The vocabulary, and the post-processor's template for one text if there is one.</returns>
    /// <exception cref="InvalidModelException">The file is malformed or not a Gemma tokenizer.</exception>
    public static (Vocabulary Vocabulary, JsonElement? Template) Read(string path, IReadOnlyList<int> unused)
    {
        var reader = new TokenizerJsonReader(path, TokenizerFile.ReadAllBytes(path, MaxFileBytes));
        try
        {
            var template = reader.ReadRoot();
            return (new Vocabulary(path, reader._pieces, reader._merges, reader._added, unused), template);
        }
        catch (FormatException e)
        {
            throw new InvalidModelException(path, "model.merges", e.Message, e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string with a lone surrogate.
            throw new InvalidModelException(path, null, $"this is not valid JSON at byte {reader._json.BytesConsumed}; copy the file again", e);
        }
    }

    private JsonElement? ReadRoot()
    {
        JsonElement? template = null;
        Expect(JsonTokenType.StartObject, "the file");
        while (NextProperty() is { } name)
        {
            switch (name)
            {
                case "added_tokens": ReadAddedTokens(); break;
                case "model": ReadModel(); break;
                case "normalizer": PipelineCheck.Normalizer(_path, ReadValue()); break;
                case "pre_tokenizer": PipelineCheck.PreTokenizer(_path, ReadValue()); break;
                case "decoder": PipelineCheck.Decoder(_path, ReadValue()); break;
                case "post_processor": template = ReadValue(); break;
                default: SkipValue(); break;
            }
        }

        if (_json.Read()) throw Error(null, "the file goes on after its end");
        return _hasModel ? template : throw Error("model", "the key is missing");
    }

    private void ReadModel()
    {
        if (_hasModel) throw Error("model", "the key is there twice");
        _hasModel = true;
        Expect(JsonTokenType.StartObject, "model");
        var (hasVocabulary, hasMerges, byteFallback) = (false, false, false);
        Utf8JsonReader deferred = default;
        while (NextProperty() is { } name)
        {
            switch (name)
            {
                case "type": CheckText("model.type", "BPE"); break;
                case "byte_fallback": byteFallback = ReadFlag("model.byte_fallback"); break;
                case "ignore_merges": if (ReadFlag("model.ignore_merges")) throw Error("model.ignore_merges", "true is not supported; Gemma's is false"); break;
                case "dropout" or "continuing_subword_prefix" or "end_of_word_suffix": CheckUnset("model." + name); break;
                case "vocab" when hasVocabulary: throw Error("model.vocab", "the key is there twice");
                case "vocab":
                    ReadVocabulary();
                    hasVocabulary = true;
                    break;
                case "merges" when hasMerges: throw Error("model.merges", "the key is there twice");
                case "merges":
                    hasMerges = true;
                    if (hasVocabulary) ReadMerges();
                    else
                    {
                        deferred = _json;
                        SkipValue();
                    }

                    break;
                default: SkipValue(); break;
            }
        }

        if (!hasVocabulary) throw Error("model.vocab", "the key is missing");
        if (!hasMerges) throw Error("model.merges", "the key is missing");
        if (!byteFallback) throw Error("model.byte_fallback", "true is expected: this is not a Gemma tokenizer");
        if (_merges.Count > 0 || deferred.TokenType == JsonTokenType.None) return;
        var end = _json;
        _json = deferred;
        ReadMerges();
        _json = end;
    }

    private void ReadVocabulary()
    {
        Expect(JsonTokenType.StartObject, "model.vocab");
        while (Next() && _json.TokenType == JsonTokenType.PropertyName)
        {
            if (_json.ValueSpan.Length > PieceTable.MaxPieceBytes)
                throw Error("model.vocab", $"a piece has {_json.ValueSpan.Length} bytes, more than {PieceTable.MaxPieceBytes}");
            var length = _json.CopyString(_pair);
            if (!Next() || _json.TokenType != JsonTokenType.Number || !_json.TryGetInt32(out var id))
                throw Error("model.vocab", $"the id after piece {_pieces.Count} is not a whole number of 32 bits");
            var piece = _pair.AsSpan(0, length);
            if (_pieces.Add(id, piece) is { } problem) throw Error("model.vocab", problem);
            if (PieceText.LooksLikeByte(piece) && PieceText.ByteValue(piece) < 0)
                throw Error("model.vocab", $"piece {id} looks like a byte piece, but is not one of <0x00> to <0xFF>");
        }
    }

    private void ReadMerges()
    {
        Expect(JsonTokenType.StartArray, "model.merges");
        _merges = new MergeTable(_pieces.Count * 3);
        while (Next() && _json.TokenType != JsonTokenType.EndArray)
        {
            var (left, total) = _json.TokenType == JsonTokenType.String ? ReadJoinedPair() : ReadPair();
            var leftId = _pieces.Find(_pair.AsSpan(0, left));
            var rightId = _pieces.Find(_pair.AsSpan(left, total - left));
            var result = _pieces.Find(_pair.AsSpan(0, total));
            if ((leftId | rightId | result) < 0) throw Error("model.merges", $"merge {_merges.Count} names a piece that is not in the vocabulary");
            _merges.Add(leftId, rightId, result);
        }
    }

    // "left right", with the space taken out so that the pair's text is also its result's.
    private (int Left, int Total) ReadJoinedPair()
    {
        if (_json.ValueSpan.Length > _pair.Length) throw NotAPair();
        var length = _json.CopyString(_pair);
        var text = _pair.AsSpan(0, length);
        var left = text.IndexOf((byte)' ');
        if (left < 0 || text[(left + 1)..].Contains((byte)' ')) throw NotAPair();
        text[(left + 1)..].CopyTo(text[left..]);
        return (left, length - 1);
    }

    private (int Left, int Total) ReadPair()
    {
        if (_json.TokenType != JsonTokenType.StartArray) throw NotAPair();
        var left = ReadHalf(0);
        var right = ReadHalf(left);
        return Next() && _json.TokenType == JsonTokenType.EndArray ? (left, left + right) : throw NotAPair();
    }

    private int ReadHalf(int offset) =>
        Next() && _json.TokenType == JsonTokenType.String && _json.ValueSpan.Length <= PieceTable.MaxPieceBytes
            ? _json.CopyString(_pair.AsSpan(offset))
            : throw NotAPair();

    private void ReadAddedTokens()
    {
        var value = ReadValue();
        if (value.ValueKind != JsonValueKind.Array) throw Error("added_tokens", "a list is expected");
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object) throw Error("added_tokens", "an object is expected");
            var section = new JsonSection(_path, "added_tokens.", item);
            _added.Add(AddedTokenReader.Read(section, section.Int("id", null, 0, PieceTable.MaxIds - 1)));
        }
    }

    private bool Next() => _json.Read();

    private string? NextProperty() => Next() && _json.TokenType == JsonTokenType.PropertyName ? _json.GetString() : null;

    private void Expect(JsonTokenType type, string field)
    {
        if (!Next() || _json.TokenType != type) throw Error(field, type == JsonTokenType.StartArray ? "a list is expected" : "an object is expected");
    }

    private JsonElement ReadValue()
    {
        Next();
        using var document = JsonDocument.ParseValue(ref _json);
        WellFormedJson.Check(document.RootElement);
        return document.RootElement.Clone();
    }

    private void SkipValue()
    {
        Next();
        _json.Skip();
    }

    private bool ReadFlag(string field)
    {
        Next();
        return _json.TokenType is JsonTokenType.True or JsonTokenType.False ? _json.GetBoolean() : throw Error(field, "true or false is expected");
    }

    private void CheckText(string field, string expected)
    {
        Next();
        if (_json.TokenType != JsonTokenType.String || !_json.ValueTextEquals(expected))
            throw Error(field, $"'{expected}' is expected: this is not a Gemma tokenizer");
    }

    private void CheckUnset(string field)
    {
        Next();
        if (_json.TokenType == JsonTokenType.Null
            || (_json.TokenType == JsonTokenType.String && _json.ValueSpan.IsEmpty)
            || (_json.TokenType == JsonTokenType.Number && _json.GetDouble() == 0)) return;
        throw Error(field, "null is expected: this is not a Gemma tokenizer");
    }

    private readonly InvalidModelException NotAPair() => Error("model.merges", $"merge {_merges.Count} is not a pair of pieces");

    private readonly InvalidModelException Error(string? field, string problem) => new(_path, field, problem);
}
