using System.Buffers;
using System.Text;

namespace Gemma.Runtime.Generation.Constraints;

/// <summary>A tokenizer's text pieces, arranged for grammars: a tree of all, the pieces of plain text (whole characters, no quote, backslash or control character), and a tree of the others. Immutable.</summary>
internal sealed class TokenVocabulary
{
    private readonly TokenTrie _all;
    private readonly TokenTrie _others;
    private readonly ulong[] _plain;
    private readonly byte[] _plainLengths;
    private readonly int _maxPlainLength;

    /// <summary>Arranges the pieces. Takes about a second for 256,000.</summary>
    public TokenVocabulary(ITokenBytes source)
    {
        Source = source;
        _plain = new ulong[(source.Count + 63) / 64];
        _plainLengths = new byte[source.Count];
        List<int> all = [];
        List<int> others = [];
        for (var id = 0; id < source.Count; id++)
        {
            if (source.IsSpecial(id) || source.GetBytes(id).IsEmpty) continue;
            all.Add(id);
            if (PlainLength(source.GetBytes(id)) is { } length and <= byte.MaxValue)
            {
                _plain[id / 64] |= 1ul << (id % 64);
                _plainLengths[id] = (byte)length;
                _maxPlainLength = Math.Max(_maxPlainLength, length);
            }
            else
            {
                others.Add(id);
            }
        }

        _all = new TokenTrie(source, all);
        _others = new TokenTrie(source, others);
    }

    /// <summary>The bytes of the pieces.</summary>
    public ITokenBytes Source { get; }

    /// <summary>The ids that an automaton accepts from a state, and after which the text can be completed in so many bytes. The caller holds the automaton's gate.</summary>
    public TokenMask Allowed(Automaton automaton, AutomatonState state, int maxCost)
    {
        var bits = new ulong[_plain.Length];

        // Where text is free all plain pieces are right, and none of them makes the way to the end longer.
        if (state.FreeText == 0 || state.Cost > maxCost)
        {
            _all.Collect(automaton, state, maxCost, bits);
        }
        else
        {
            if (state.FreeText >= _maxPlainLength) _plain.CopyTo(bits, 0);
            else CopyShort(state.FreeText, bits);
            _others.Collect(automaton, state, maxCost, bits);
        }

        return new TokenMask(bits);
    }

    private void CopyShort(int maxLength, ulong[] bits)
    {
        for (var id = 0; id < _plainLengths.Length; id++)
            if (_plainLengths[id] != 0 && _plainLengths[id] <= maxLength) bits[id / 64] |= 1ul << (id % 64);
    }

    private static int? PlainLength(ReadOnlySpan<byte> bytes)
    {
        var length = 0;
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var used) != OperationStatus.Done || rune.Value is < 0x20 or '"' or '\\') return null;
            length += rune.Utf16SequenceLength;
            bytes = bytes[used..];
        }

        return length;
    }
}
