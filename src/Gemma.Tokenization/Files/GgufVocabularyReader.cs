using System.Buffers;
using System.Globalization;
using System.Text;
using Gemma.Tokenization.BytePairs;

namespace Gemma.Tokenization.Files;

/// <summary>
/// Makes of a GGUF file's tokenizer what transformers' tokenizer.json of the same model is: the file's types and scores say less, and llama.cpp's reading of
/// them differs.
/// </summary>
internal sealed class GgufVocabularyReader
{
    private const string Prefix = "tokenizer.ggml.";
    private const char Space = '\u2581';
    private const float UnrankedScore = -1000;

    // Llama.cpp's converter writes a space in a merge's half so.
    private const char SpaceInMerge = '\u0120';

    private static readonly SearchValues<char> TagCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789");

    private readonly GgufVocabulary _source;
    private readonly ScoredPieces _scored;
    private readonly List<AddedToken> _added = [];
    private readonly List<int> _unused = [];
    private readonly HashSet<string> _unusedTexts = new(StringComparer.Ordinal);
    private readonly bool _hasUserDefined;
    private readonly bool _hasMerges;
    private bool _hasBytes;

    private GgufVocabularyReader(GgufVocabulary source)
    {
        _source = source;
        _scored = new ScoredPieces(source.Tokens.Count);
        _hasMerges = source.Model == "gemma4";
        _hasUserDefined = source.Types?.Contains((int)SentencePieceType.UserDefined) == true;
    }

    /// <summary>The vocabulary, or null if it has no byte pieces: then it is no tokenizer's, only names for the rows of an embedding.</summary>
    /// <exception cref="InvalidModelException">The metadata is inconsistent or not Gemma's.</exception>
    public static Vocabulary? Read(GgufVocabulary source)
    {
        try
        {
            return new GgufVocabularyReader(source).Read();
        }
        catch (FormatException e)
        {
            throw new InvalidModelException(source.Path, Prefix + "merges", e.Message, e);
        }
    }

    /// <summary>The settings beside the vocabulary.</summary>
    public static TokenizerSettings Settings(GgufVocabulary source)
    {
        return TokenizerSettings.Create(
            Name("bos_token_id", source.BosTokenId, "<bos>"),
            Name("eos_token_id", source.EosTokenId, "<eos>"),
            Name("padding_token_id", source.PadTokenId, "<pad>"),
            Name("unknown_token_id", source.UnknownTokenId, "<unk>"),
            source.AddBosToken,
            source.AddEosToken);

        string Name(string key, int? id, string otherwise) => id is not { } index ? otherwise
            : index >= 0 && index < source.Tokens.Count ? Encoding.UTF8.GetString(source.Tokens[index])
            : throw new InvalidModelException(source.Path, Prefix + key, $"{index} is not one of the {source.Tokens.Count} tokens");
    }

    private Vocabulary? Read()
    {
        if (_source.Model is not ("llama" or "gemma4")) throw Error("model", $"'{_source.Model}' is not a Gemma tokenizer; 'llama' and 'gemma4' are");
        if (_source.Tokens.Count is 0 or >= PieceTable.MaxIds) throw Error("tokens", $"{_source.Tokens.Count} tokens are no vocabulary");
        if (_source.Types is { } types && types.Count != _source.Tokens.Count)
            throw Error("token_type", $"{types.Count} types are given for {_source.Tokens.Count} tokens");
        if (_source.Scores is { } scores && scores.Count != _source.Tokens.Count)
            throw Error("scores", $"{scores.Count} scores are given for {_source.Tokens.Count} tokens");
        if (_source.Scores is null && !_hasMerges) throw Error("scores", "the scores are missing, by which pieces are merged");
        if (_source.Merges is null && _hasMerges) throw Error("merges", "the merges are missing");

        for (var id = 0; id < _source.Tokens.Count; id++) ReadToken(id);
        if (_scored.NameTab() is { } problem) throw Error("tokens", problem);
        if (ScoredPieces.MissingImageToken(_scored.Pieces) is { } image) _added.Add(image);
        var merges = _hasMerges ? ReadMerges() : _scored.BuildMerges();
        return !_hasBytes ? null : new Vocabulary(_source.Path, _scored.Pieces, merges, _added, _unused);
    }

    private SentencePieceType Type(int id) => _source.Types is { } types ? (SentencePieceType)types[id] : SentencePieceType.Normal;

    private void ReadToken(int id)
    {
        var type = Type(id);
        if (!Enum.IsDefined(type)) throw Error("token_type", $"token {id} has the type {(int)type}, which is not one of 1 to 6");
        var score = _source.Scores?[id] ?? 0;
        if (!float.IsFinite(score)) throw Error("scores", $"token {id} has the score {score}");
        var bytes = _source.Tokens[id];
        var isByte = PieceText.ByteValue(bytes) >= 0;
        if (!isByte && (type == SentencePieceType.Byte || PieceText.LooksLikeByte(bytes)))
            throw Error("token_type", $"token {id} is a byte piece, but its text is not one of <0x00> to <0xFF>");
        _hasBytes |= isByte;
        var text = isByte ? string.Empty : Encoding.UTF8.GetString(bytes);

        // A row of the embedding without a token, unless the name knows better.
        if (type == SentencePieceType.Unused && !isByte && !ControlTokens.IsReserved(text))
        {
            _unused.Add(id);
            _unusedTexts.Add(text);
            _scored.Skip();
            return;
        }

        // The converter writes runs of spaces as such, which transformers has as U+2581; no ordinary piece is one.
        if (text.Length > (type == SentencePieceType.UserDefined ? 0 : 1) && text.AsSpan().IndexOfAnyExcept(' ') < 0)
        {
            text = new string(Space, text.Length);
            bytes = Encoding.UTF8.GetBytes(text);
        }

        var isAdded = !isByte && IsAdded(type, text, score);
        if (_scored.Add(bytes, type == SentencePieceType.Normal && !isAdded ? score : 0) is { } problem) throw Error("tokens", problem);
        if (isAdded) _added.Add(new AddedToken(id, text, IsSpecial(id, text)));
    }

    // Files made from tokenizer.model alone, and the first ones of some models, call tokens normal that are not: then the name tells.
    private bool IsAdded(SentencePieceType type, string text, float score) => type switch
    {
        SentencePieceType.Unknown or SentencePieceType.Control or SentencePieceType.UserDefined or SentencePieceType.Unused => true,
        SentencePieceType.Normal => ControlTokens.IsReserved(text) || (HasNoRank(score) && (IsRun(text) || IsTag(text))),
        _ => false,
    };

    // Pieces that merge have their rank as a score; the converter gives others 0 or -1000. With merges all have one score, and only the types tell.
    private bool HasNoRank(float score) => _hasMerges ? !_hasUserDefined : score is 0 or UnrankedScore;

    private static bool IsRun(string text) =>
        text.Length > 0 && text[0] is '\n' or '\t' or Space && text.AsSpan().IndexOfAnyExcept(text[0]) < 0 && (text.Length > 1 || text[0] == '\n');

    private static bool IsTag(string text)
    {
        if (text is not ['<', .., '>']) return false;
        var name = text.AsSpan(1..^1).TrimStart('/');
        return name.Length > 0 && char.IsAsciiLetterLower(name[0]) && !name.ContainsAnyExcept(TagCharacters);
    }

    // The file calls <mask> and <unusedN> control tokens, which transformers does not skip.
    private bool IsSpecial(int id, string text) =>
        id == _source.BosTokenId
            || id == _source.EosTokenId
            || id == _source.UnknownTokenId
            || id == _source.PadTokenId
            || Type(id) == SentencePieceType.Unknown
        || text is "<pad>" or "<eos>" or "<bos>" or "<unk>" || ControlTokens.IsSpecialByName(text) || (_hasMerges && ControlTokens.IsBarred(text));

    private MergeTable ReadMerges()
    {
        var merges = new MergeTable(_source.Merges!.Count);
        foreach (var merge in _source.Merges)
        {
            // A half may itself begin with a space.
            var at = merge.IndexOf(' ', Math.Min(1, merge.Length));
            if (at < 0) throw Error("merges", $"'{merge}' is not two pieces with a space between");
            var (left, right) = (Find(merge[..at]), Find(merge[(at + 1)..]));
            var result = left < 0 || right < 0 ? -1 : _scored.Pieces.Find([.. _scored.Pieces[left], .. _scored.Pieces[right]]);
            if (result < 0 && _unusedTexts.Overlaps([merge[..at], merge[(at + 1)..], merge.Remove(at, 1)])) continue;
            if (result < 0) throw Error("merges", $"merge {merges.Count.ToString(CultureInfo.InvariantCulture)} names a piece that is not in the vocabulary");
            merges.Add(left, right, result);
        }

        return merges;
    }

    private int Find(string half) => _scored.Pieces.Find(half) is >= 0 and var id ? id : _scored.Pieces.Find(half.Replace(SpaceInMerge, ' '));

    private InvalidModelException Error(string key, string problem) => new(_source.Path, Prefix + key, problem);
}
