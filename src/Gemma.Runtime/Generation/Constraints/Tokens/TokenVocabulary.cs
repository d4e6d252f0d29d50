using System.Buffers;
using System.Text;
using Gemma.Runtime.Generation.Constraints.Automata;
using Gemma.Runtime.Generation.Constraints.Characters;

namespace Gemma.Runtime.Generation.Constraints.Tokens;

/// <summary>
/// A tokenizer's text pieces, arranged for grammars: a tree of all, the pieces of <see cref="PlainText">plain text</see> by their length, and a tree of the
/// others. Immutable.
/// </summary>
internal sealed class TokenVocabulary
{
    // A piece may make a text that was used already: one letter more makes it another, and has at most four bytes.
    private const int MaxTokensOfALetter = 4;

    private readonly TokenTrie _others;
    private readonly int _words;

    // [length]: the plain pieces of at most so many characters.
    private readonly List<ulong[]> _plainUpTo = [];

    /// <summary>Arranges the pieces. Takes about a second for 256,000.</summary>
    public TokenVocabulary(ITokenBytes source)
    {
        Source = source;
        _words = (source.Count + 63) / 64;
        List<int> all = [];
        List<int> others = [];
        List<List<int>> plain = [];
        for (var id = 0; id < source.Count; id++)
        {
            if (source.IsSpecial(id) || source.GetBytes(id).IsEmpty) continue;
            all.Add(id);
            if (PlainLength(source.GetBytes(id)) is not (<= byte.MaxValue and var length))
            {
                others.Add(id);
                continue;
            }

            while (plain.Count <= length) plain.Add([]);
            plain[length].Add(id);
        }

        All = new TokenTrie(source, all);
        _others = new TokenTrie(source, others);
        var bits = new ulong[_words];
        foreach (var ids in plain)
        {
            foreach (var id in ids) bits[id / 64] |= 1ul << (id % 64);
            _plainUpTo.Add([.. bits]);
        }
    }

    /// <summary>The bytes of the pieces.</summary>
    public ITokenBytes Source { get; }

    /// <summary>The tree of all pieces.</summary>
    public TokenTrie All { get; }

    /// <summary>The bytes of a set of ids.</summary>
    public int MaskBytes => _words * sizeof(ulong);

    /// <summary>
    /// The ids that an automaton accepts from a state, and after which the text can be completed in so many tokens. The caller holds the automaton's gate.
    /// </summary>
    public TokenMask Allowed(Automaton automaton, AutomatonState state, TokenCosts costs, int maxTokens)
    {
        var bits = new ulong[_words];
        if (state.Plain is not { } plain
            || (plain.PlainRun < _plainUpTo.Count - 1 && (state.Frames.Length > 1 || plain.IsDistinct)))
            return new TokenMask(bits, All.Collect(automaton, state, costs, maxTokens, bits));

        // Where text is free all plain pieces are right, as long as what is to come after them fits.
        var spare = plain.IsDistinct ? MaxTokensOfALetter : 0;
        var (length, most) = PlainLength(automaton, plain, costs, maxTokens - spare);
        if (length < Math.Min(plain.PlainRun, _plainUpTo.Count - 1)) return new TokenMask(bits, All.Collect(automaton, state, costs, maxTokens, bits));
        _plainUpTo[length].CopyTo(bits, 0);
        return new TokenMask(bits, Math.Max(most + spare, _others.Collect(automaton, state, costs, maxTokens, bits)));
    }

    // How long plain pieces may be, and the most tokens that complete the text after one. Letters count towards a least length, marks do not.
    private (int Length, int MaxTokens) PlainLength(Automaton automaton, StackFrame frame, TokenCosts costs, int maxTokens)
    {
        var length = Math.Min(frame.PlainRun, _plainUpTo.Count - 1);
        var most = 0;
        foreach (var sample in (ReadOnlySpan<byte[]>)[[(byte)'a'], [0xCC, 0x81]])
        {
            var state = automaton.Only(frame);
            for (var i = 1; i <= length; i++)
            {
                var before = state;
                foreach (var b in sample) state = automaton.Try(state, b);
                var tokens = costs.Of(state);
                if (tokens > maxTokens) length = i - 1;
                else most = Math.Max(most, tokens);
                if (state == before) break;
            }
        }

        return (length, most);
    }

    private static int? PlainLength(ReadOnlySpan<byte> bytes)
    {
        var length = 0;
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var used) != OperationStatus.Done || !PlainText.Contains(rune.Value)) return null;
            length++;
            bytes = bytes[used..];
        }

        return length;
    }
}
