using System.Runtime.CompilerServices;
using System.Text;
using Gemma.Tokenization.BytePairs;
using Gemma.Tokenization.Files;
using Microsoft.ML.Tokenizers;

namespace Gemma.Tokenization;

/// <summary>The tokenizer of the Gemma family: the ids, pieces, offsets and texts of Hugging Face's <c>GemmaTokenizerFast</c>.</summary>
/// <remarks>
/// <para>Immutable and thread-safe.</para>
/// <para>
/// Control tokens (BOS, EOS, turns, images, reserved slots) written in a text are recognised only where a call says so. The methods of the base class, which
/// chunkers and token counters use, treat them as ordinary text and add neither BOS nor EOS.
/// </para>
/// </remarks>
public sealed partial class GemmaTokenizer : Tokenizer
{
    private const string JsonFile = "tokenizer.json";
    private const string ModelFile = "tokenizer.model";

    private readonly Vocabulary _vocabulary;
    private readonly PieceDecoder _decoder;
    private readonly bool[] _isControl;
    private readonly TextEncoder _recognizing;
    private readonly TextEncoder _ordinary;
    private readonly TextEncoder _scaffold;

    private GemmaTokenizer(Vocabulary vocabulary, TokenizerSettings settings, TemplateFlags? template)
    {
        _vocabulary = vocabulary;
        foreach (var token in settings.AddedTokens) vocabulary.Add(token);
        foreach (var (name, id) in settings.TokenIds) vocabulary.Add(name, id);
        foreach (var name in settings.SpecialTokens.Where(name => !vocabulary.IsAdded(name))) vocabulary.AddSpecial(name);
        foreach (var (name, flags) in settings.CertainlySpecial) vocabulary.AddSpecial(name, flags);

        vocabulary.CheckIds();
        _decoder = new PieceDecoder(vocabulary.Pieces, vocabulary.Added);
        BosTokenId = GetTokenId(settings.BosToken);
        EosTokenId = GetTokenId(settings.EosToken);
        PadTokenId = GetTokenId(settings.PadToken);
        UnknownTokenId = GetTokenId(settings.UnknownToken);
        AddBosToken = settings.AddBosToken ?? template?.Bos ?? true;
        AddEosToken = settings.AddEosToken ?? template?.Eos ?? false;
        if (AddBosToken && BosTokenId is null) throw Missing("bos_token", settings.BosToken);
        if (AddEosToken && EosTokenId is null) throw Missing("eos_token", settings.EosToken);
        PaddingSide = settings.PadsLeft ? TokenizerSide.Left : TokenizerSide.Right;
        TruncationSide = settings.TruncatesLeft ? TokenizerSide.Left : TokenizerSide.Right;

        _isControl = FindControlTokens(vocabulary);
        var pairs = vocabulary.CreateEncoder();
        _recognizing = new TextEncoder(pairs, vocabulary.Added);
        var unlisted = FindUnlisted(vocabulary, _isControl);
        _scaffold = unlisted.Count == 0 ? _recognizing : new TextEncoder(pairs, [.. vocabulary.Added, .. unlisted]);
        _ordinary = new TextEncoder(vocabulary.CanGive(_isControl)
            ? vocabulary.CreateEncoder(_isControl)
            : pairs, [.. vocabulary.Added.Where(token => !_isControl[token.Id])]);
    }

    /// <summary>Number of ids: one more than the largest.</summary>
    public int VocabularySize => _vocabulary.Pieces.End;

    /// <summary>The token that begins a text, or null.</summary>
    public int? BosTokenId { get; }

    /// <summary>The token that ends a text, or null.</summary>
    public int? EosTokenId { get; }

    /// <summary>The token that fills a batch, or null.</summary>
    public int? PadTokenId { get; }

    /// <summary>The unknown token, or null. Only its own text gives it.</summary>
    public int? UnknownTokenId { get; }

    /// <summary>Whether special tokens include a BOS before each text.</summary>
    /// <value>tokenizer_config.json's <c>add_bos_token</c>, otherwise as the template in tokenizer.json, otherwise true.</value>
    public bool AddBosToken { get; }

    /// <summary>Whether special tokens include an EOS after each text.</summary>
    /// <value>tokenizer_config.json's <c>add_eos_token</c>, otherwise as the template in tokenizer.json, otherwise false.</value>
    public bool AddEosToken { get; }

    /// <summary>Where batches are padded.</summary>
    /// <value>tokenizer_config.json's <c>padding_side</c>; default <see cref="TokenizerSide.Left"/>.</value>
    public TokenizerSide PaddingSide { get; }

    /// <summary>Where texts that are too long are cut.</summary>
    /// <value>tokenizer_config.json's <c>truncation_side</c>; default <see cref="TokenizerSide.Right"/>.</value>
    public TokenizerSide TruncationSide { get; }

    /// <summary>Loads a folder's tokenizer: tokenizer.json, otherwise tokenizer.model; tokenizer_config.json where it is there.</summary>
    /// <param name="folder">A checkpoint, a model package, or a folder with only these files.</param>
    /// <exception cref="InvalidModelException">There is no tokenizer, or a file is malformed or not Gemma's.</exception>
    public static GemmaTokenizer Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var settings = TokenizerSettings.Load(folder);
        var json = Path.Combine(folder, JsonFile);
        if (File.Exists(json))
        {
            var (vocabulary, template) = TokenizerJsonReader.Read(json, settings.UnusedIds);
            return new GemmaTokenizer(vocabulary, settings, TemplateFlags.Read(template));
        }

        var model = Path.Combine(folder, ModelFile);
        if (File.Exists(model)) return new GemmaTokenizer(SentencePieceReader.Read(model), settings, null);
        throw new InvalidModelException(folder, null, $"the folder has neither {JsonFile} nor {ModelFile}; copy the checkpoint's tokenizer files there");
    }

    /// <summary>The tokenizer of a GGUF file, or null if the file has only names for the rows of its embedding.</summary>
    /// <exception cref="InvalidModelException">The metadata is inconsistent or not Gemma's.</exception>
    internal static GemmaTokenizer? Load(GgufVocabulary source)
    {
        var settings = GgufVocabularyReader.Settings(source);
        return GgufVocabularyReader.Read(source) is { } vocabulary ? new GemmaTokenizer(vocabulary, settings, null) : null;
    }

    /// <summary>Whether a folder has a tokenizer to load.</summary>
    /// <param name="folder">The folder.</param>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, JsonFile)) || File.Exists(Path.Combine(folder, ModelFile));

    /// <summary>The id of a piece, or null.</summary>
    /// <param name="piece">The piece as tokenizer.json writes it: U+2581 for a space.</param>
    public int? GetTokenId(string? piece) => !string.IsNullOrEmpty(piece) && _vocabulary.Pieces.Find(piece) is var id and >= 0 ? id : null;

    /// <summary>The piece of an id, or null.</summary>
    /// <param name="id">A token id.</param>
    public string? GetPiece(int id) => _vocabulary.Pieces.GetText(id);

    /// <summary>Whether decoding can skip an id: BOS, EOS, padding, the unknown token, turns and images, as the file marks them.</summary>
    /// <param name="id">A token id.</param>
    public bool IsSpecialToken(int id) => _decoder.IsSpecial(id);

    /// <summary>Whether an id can come from text only where control tokens are recognised: the special tokens and Gemma's reserved ones.</summary>
    /// <param name="id">A token id.</param>
    public bool IsControlToken(int id) => (uint)id < (uint)_isControl.Length && _isControl[id];

    /// <summary>
    /// Checks that a model has an embedding for every piece of byte-pair encoding. More embeddings than ids are fine; so are tokens that were added without an
    /// embedding, as long as no text contains one.
    /// </summary>
    /// <param name="vocabSize">The model's <c>vocab_size</c>.</param>
    /// <exception cref="InvalidModelException">The tokenizer has pieces beyond the model's vocabulary.</exception>
    public void EnsureFits(int vocabSize)
    {
        if (_vocabulary.BaseEnd > vocabSize)
            throw new InvalidModelException(_vocabulary.Path, "vocab_size",
                $"the tokenizer has {VocabularySize} ids, but the model only {vocabSize} embeddings; use the tokenizer that belongs to the checkpoint");
    }

    /// <summary>The added tokens for which a model has no embedding, without Gemma 3's image token, which text models lack.</summary>
    internal IEnumerable<int> FindWithoutEmbedding(int vocabSize) =>
        Enumerable.Range(vocabSize, Math.Max(0, VocabularySize - vocabSize)).Where(id => GetPiece(id) != ControlTokens.ImageSoftToken);

    /// <summary>Encodes text.</summary>
    /// <param name="text">The text. A lone surrogate counts as U+FFFD.</param>
    /// <param name="addSpecialTokens">Whether to add BOS and EOS, as <see cref="AddBosToken"/> and <see cref="AddEosToken"/> say.</param>
    /// <param name="recognizeControlTokens">Whether the text of a control token becomes that token, as in transformers. False for any text that is not your
    /// own.</param>
    /// <returns>The ids.</returns>
    public int[] Encode(ReadOnlySpan<char> text, bool addSpecialTokens, bool recognizeControlTokens)
    {
        var buffer = new TokenBuffer((text.Length / 3) + 2, places: false);
        try
        {
            Encode(text, addSpecialTokens, recognizeControlTokens, ref buffer);
            return buffer.Ids.ToArray();
        }
        finally
        {
            buffer.Dispose();
        }
    }

    /// <summary>Encodes text.</summary>
    /// <param name="text">The text. A lone surrogate counts as U+FFFD.</param>
    /// <param name="addSpecialTokens">Whether to add BOS and EOS, as <see cref="AddBosToken"/> and <see cref="AddEosToken"/> say.</param>
    /// <param name="recognizeControlTokens">Whether the text of a control token becomes that token, as in transformers. False for any text that is not your
    /// own.</param>
    /// <returns>The ids.</returns>
    /// <exception cref="ArgumentNullException">The text is null.</exception>
    public int[] Encode(string text, bool addSpecialTokens, bool recognizeControlTokens)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Encode(text.AsSpan(), addSpecialTokens, recognizeControlTokens);
    }

    /// <summary>Encodes text into the caller's memory. Allocates nothing but, for words of more than 32 characters, pooled scratch.</summary>
    /// <param name="text">The text. A lone surrogate counts as U+FFFD.</param>
    /// <param name="destination">Receives the ids.</param>
    /// <param name="written">Number of ids written.</param>
    /// <param name="addSpecialTokens">Whether to add BOS and EOS, as <see cref="AddBosToken"/> and <see cref="AddEosToken"/> say.</param>
    /// <param name="recognizeControlTokens">Whether the text of a control token becomes that token, as in transformers. False for any text that is not your
    /// own.</param>
    /// <returns>Whether all ids fit.</returns>
    public bool TryEncode(ReadOnlySpan<char> text, Span<int> destination, out int written, bool addSpecialTokens, bool recognizeControlTokens)
    {
        var buffer = new TokenBuffer(destination);
        Encode(text, addSpecialTokens, recognizeControlTokens, ref buffer);
        written = buffer.Ids.Length;
        return !buffer.IsBeyondLimit;
    }

    /// <summary>Encodes a text, or a pair of texts, with pieces and offsets.</summary>
    /// <param name="text">The text. A lone surrogate counts as U+FFFD.</param>
    /// <param name="textPair">The second text, or null. An empty one counts as none, as in transformers.</param>
    /// <param name="addSpecialTokens">Whether to add BOS and EOS around each text, as <see cref="AddBosToken"/> and <see cref="AddEosToken"/> say.</param>
    /// <param name="recognizeControlTokens">Whether the text of a control token becomes that token, as in transformers. False for any text that is not your
    /// own.</param>
    /// <exception cref="ArgumentNullException">The text is null.</exception>
    public TokenizedText Tokenize(string text, string? textPair = null, bool addSpecialTokens = true, bool recognizeControlTokens = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> ids = [];
        List<(int Start, int End)> offsets = [];
        List<int> types = [];
        List<int> mask = [];
        Add(text, 0);
        if (!string.IsNullOrEmpty(textPair)) Add(textPair, 1);
        return new TokenizedText(ids, [.. ids.Select(id => GetPiece(id)!)], offsets, types, mask);

        void Add(string part, int type)
        {
            var buffer = new TokenBuffer((part.Length / 3) + 2, places: true);
            try
            {
                Encode(part, addSpecialTokens, recognizeControlTokens, ref buffer);
                ids.AddRange(buffer.Ids);
                for (var i = 0; i < buffer.Count; i++)
                {
                    // No token of the text is empty, so (0, 0) marks BOS and EOS.
                    offsets.Add((buffer.Starts[i], buffer.Ends[i]));
                    types.Add(type);
                    mask.Add(buffer.Ends[i] == 0 ? 1 : 0);
                }
            }
            finally
            {
                buffer.Dispose();
            }
        }
    }

    /// <summary>The text of ids. Ids without a piece are dropped.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="skipSpecialTokens">Whether to drop special tokens.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is negative.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens) => _decoder.Decode(ids, skipSpecialTokens);

    /// <summary>Creates a decoder for text that is shown while ids arrive.</summary>
    /// <param name="skipSpecialTokens">Whether to drop special tokens.</param>
    /// <param name="mode">When the text of byte pieces is given out.</param>
    public StreamingDecoder CreateDecoder(bool skipSpecialTokens, StreamingMode mode = StreamingMode.Eager) => new(_decoder, skipSpecialTokens, mode);

    /// <summary>Writes tokenizer.json and tokenizer_config.json, from which the same tokenizer is loaded, here and by transformers.</summary>
    internal void Save(string folder)
    {
        TokenizerJsonWriter.Write(Path.Combine(folder, JsonFile), this, _vocabulary);
        TokenizerConfigWriter.Write(Path.Combine(folder, TokenizerSettings.FileName), this, _vocabulary.Unused);
    }

    // The UTF-8 bytes that decoding makes of an id; of a byte piece its byte, which need not be a whole character.
    internal byte[] GetPieceBytes(int id) => _decoder.ByteValue(id) is >= 0 and var value ? [(byte)value] : Encoding.UTF8.GetBytes(_decoder.GetOwnText(id));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool[] FindControlTokens(Vocabulary vocabulary)
    {
        var control = new bool[vocabulary.Pieces.End];
        foreach (var token in vocabulary.Added) control[token.Id] = token.IsSpecial;
        for (var id = 0; id < control.Length; id++)
        {
            // All reserved names begin so; a look at the first byte saves a string.
            if (vocabulary.Pieces[id] is [(byte)'<' or (byte)'[', _, _, ..] && ControlTokens.IsReserved(vocabulary.Pieces.GetText(id)!)) control[id] = true;
        }

        return control;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static List<AddedToken> FindUnlisted(Vocabulary vocabulary, bool[] isControl)
    {
        List<AddedToken> tokens = [];
        for (var id = 0; id < isControl.Length; id++)
        {
            if (isControl[id] && vocabulary.Pieces.GetText(id) is { } text && !vocabulary.IsAdded(text)) tokens.Add(new AddedToken(id, text, IsSpecial: true));
        }

        return tokens;
    }

    // The white space of a text that the tokens before and behind it take.
    internal string Strip(string text, string? before, string? behind)
    {
        if (before is not null && _vocabulary.FindAdded(before) is { StripsRight: true, IsNormalized: false })
            text = text[TextEdges.SpacesAtBegin(text, spaceIsMark: false)..];
        return behind is not null && _vocabulary.FindAdded(behind) is { StripsLeft: true, IsNormalized: false }
            ? text[..TextEdges.SpacesAtEnd(text, spaceIsMark: false)]
            : text;
    }

    // What a template wrote: control tokens are recognised even where the file does not list them as added tokens.
    internal int[] EncodeScaffold(string text)
    {
        var buffer = new TokenBuffer(text.Length + 2, places: false);
        try
        {
            _scaffold.Encode(text, ref buffer);
            return buffer.Ids.ToArray();
        }
        finally
        {
            buffer.Dispose();
        }
    }

    private void Encode(ReadOnlySpan<char> text, bool addSpecialTokens, bool recognizeControlTokens, ref TokenBuffer buffer)
    {
        if (addSpecialTokens && AddBosToken) buffer.Add(BosTokenId.GetValueOrDefault(), 0, 0);
        (recognizeControlTokens ? _recognizing : _ordinary).Encode(text, ref buffer);
        if (addSpecialTokens && AddEosToken) buffer.Add(EosTokenId.GetValueOrDefault(), 0, 0);
    }

    private InvalidModelException Missing(string field, string? token) => new(_vocabulary.Path, field, $"texts need it, but the vocabulary has no '{token}'");
}
