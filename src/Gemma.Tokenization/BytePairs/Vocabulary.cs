using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace Gemma.Tokenization.BytePairs;

/// <summary>What a tokenizer file holds, checked: pieces, merges and added tokens. Immutable once made.</summary>
internal sealed class Vocabulary
{
    private readonly Dictionary<string, AddedToken> _added = [];
    private readonly int[] _byteIds = new int[256];
    private readonly int _baseEnd;
    private readonly HashSet<int> _unused;

    /// <summary>Checks the parts that belong together.</summary>
    /// <param name="path">The file, for errors.</param>
    /// <param name="pieces">The pieces of the byte-pair model.</param>
    /// <param name="merges">Its merges.</param>
    /// <param name="added">The tokens that are cut out of the text first; those that are not among the pieces are added to them.</param>
    /// <param name="unused">Ids that need have no piece: no text gives them, and they give none.</param>
    /// <exception cref="InvalidModelException">A part is missing or contradicts another.</exception>
    public Vocabulary(string path, PieceTable pieces, MergeTable merges, IEnumerable<AddedToken> added, IEnumerable<int> unused)
    {
        Path = path;
        Pieces = pieces;
        Merges = merges;
        _baseEnd = pieces.End;
        _unused = [.. unused];
        FindBytes();
        if (pieces.Find("\u2581") < 0) throw Error("the piece U+2581, which stands for a space, is missing: this is not a Gemma tokenizer");
        foreach (var token in added) Add(token);
        CheckIds();
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>All pieces, added tokens included.</summary>
    public PieceTable Pieces { get; }

    /// <summary>The merges.</summary>
    public MergeTable Merges { get; }

    /// <summary>One more than the largest id of byte-pair encoding; ids from here on are only those of added tokens.</summary>
    public int BaseEnd => _baseEnd;

    /// <summary>The ids below the last piece's that have none.</summary>
    public IEnumerable<int> Unused => _unused.Where(id => id < Pieces.End && !Pieces.Contains(id)).Order();

    /// <summary>The added tokens.</summary>
    public IReadOnlyCollection<AddedToken> Added => _added.Values;

    /// <summary>Adds a token or changes its flags, as tokenizer_config.json may do.</summary>
    /// <exception cref="InvalidModelException">Its id is another piece's.</exception>
    public void Add(AddedToken token)
    {
        var id = Pieces.Find(token.Content);
        if (id < 0)
        {
            if (Pieces.Add(token.Id, Encoding.UTF8.GetBytes(token.Content)) is { } problem)
                throw Error($"added token '{token.Content}': {problem}", "added_tokens");
        }
        else if (id != token.Id)
        {
            throw Error($"the added token '{token.Content}' has the id {token.Id}, but as a piece it has {id}", "added_tokens");
        }

        if (token.IsSpecial && PieceText.ByteValue(Pieces[token.Id]) >= 0)
            throw Error($"the byte piece '{token.Content}' cannot be a special token", "added_tokens");
        _added[token.Content] = token;
    }

    /// <summary>Adds a token that has an id and no flags; one that is added already keeps its own.</summary>
    /// <exception cref="InvalidModelException">It has another id.</exception>
    public void Add(string content, int id)
    {
        // Source: transformers looks for tokens that are not special after spaces became U+2581.
        Add(_added.TryGetValue(content, out var known) ? known with { Id = id } : new AddedToken(id, content, IsSpecial: false, IsNormalized: true));
    }

    /// <summary>Makes a token special; one that is no piece yet gets the next id.</summary>
    /// <param name="content">Its text.</param>
    /// <param name="flags">Its flags, or null to keep those that it has.</param>
    public void AddSpecial(string content, AddedToken? flags = null)
    {
        var id = Pieces.Find(content) is >= 0 and var found ? found : Pieces.End;
        if (flags is null && _added.TryGetValue(content, out var known)) flags = known with { IsNormalized = known.IsSpecial && known.IsNormalized };
        Add((flags ?? new AddedToken(id, content, IsSpecial: true)) with { Id = id, IsSpecial = true });
    }

    /// <summary>Checks that the ids have no gaps, but for the unused ones.</summary>
    /// <exception cref="InvalidModelException">An id is missing.</exception>
    public void CheckIds()
    {
        if (Pieces.Count == Pieces.End) return;
        var gap = Enumerable.Range(0, Pieces.End).FirstOrDefault(id => !Pieces.Contains(id) && !_unused.Contains(id), -1);
        if (gap >= 0) throw Error($"{Pieces.Count} pieces have ids up to {Pieces.End - 1}, and no piece has the id {gap}");
    }

    /// <summary>Whether a token is cut out of the text first.</summary>
    public bool IsAdded(string content) => _added.ContainsKey(content);

    /// <summary>A token that is cut out of the text first, or null.</summary>
    public AddedToken? FindAdded(string content) => _added.TryGetValue(content, out var token) ? token : null;

    /// <summary>Whether byte-pair encoding can give one of some ids.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool CanGive(bool[] ids)
    {
        for (var id = 0; id < _baseEnd; id++)
        {
            if (ids[id] && IsCharacter(Pieces[id], out _)) return true;
        }

        return Merges.CanGive(ids);
    }

    /// <summary>The byte-pair encoder.</summary>
    /// <param name="excluded">By id, what it never gives; null for nothing.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public BytePairEncoder CreateEncoder(bool[]? excluded = null)
    {
        var characters = new int[char.MaxValue + 1];
        Array.Fill(characters, -1);
        Dictionary<int, int> supplementary = [];
        var beginsWithSpace = new bool[_baseEnd];
        var endsWithSpace = new bool[_baseEnd];
        var space = "\u2581"u8;
        for (var id = 0; id < _baseEnd; id++)
        {
            var piece = Pieces[id];
            beginsWithSpace[id] = piece.StartsWith(space);
            endsWithSpace[id] = piece.EndsWith(space);
            if (excluded?[id] == true || !IsCharacter(piece, out var rune)) continue;
            if (rune.IsBmp) characters[rune.Value] = id;
            else supplementary[rune.Value] = id;
        }

        var merges = excluded is null ? Merges : Merges.Without(excluded);
        return new BytePairEncoder(merges, characters, supplementary, _byteIds, !merges.HasPair(endsWithSpace, beginsWithSpace));
    }

    private static bool IsCharacter(ReadOnlySpan<byte> piece, out Rune rune)
    {
        rune = default;
        return piece.Length is > 0 and <= 4 && Rune.DecodeFromUtf8(piece, out rune, out var length) == OperationStatus.Done && length == piece.Length;
    }

    private void FindBytes()
    {
        Span<byte> name = stackalloc byte[6];
        for (var value = 0; value < 256; value++)
        {
            PieceText.WriteByteName((byte)value, name);
            var id = Pieces.Find(name);
            if (id < 0 && value == '\t') id = Pieces.Find("\t"u8);
            _byteIds[value] = id >= 0 ? id : throw Error($"the byte piece '{Encoding.ASCII.GetString(name)}' is missing: this is not a Gemma tokenizer");
        }
    }

    private InvalidModelException Error(string problem, string? field = null) => new(Path, field, problem);
}
