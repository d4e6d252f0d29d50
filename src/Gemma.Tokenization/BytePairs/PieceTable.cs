using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace Gemma.Tokenization.BytePairs;

/// <summary>The pieces of a vocabulary as UTF-8 in one buffer, found by id and by text. Filled by one loader, then only read.</summary>
internal sealed class PieceTable
{
    /// <summary>One more than the largest id that is allowed: a pair of ids and a rank share 64 bits in <see cref="MergeTable"/>.</summary>
    public const int MaxIds = (1 << IdBits) - 1;

    /// <summary>The longest piece in bytes. Gemma's are 93 bytes at most.</summary>
    public const int MaxPieceBytes = 1 << 12;

    private const int IdBits = 20;
    private const int TagBits = 32 - IdBits;
    private const ulong HashBase = 0x9E3779B97F4A7C15;

    private byte[] _text;
    private int _textLength;

    // By id; no piece is empty, so the length 0 means: no piece has this id.
    private (int Start, int Length)[] _places;

    // Found by the upper bits of a piece's hash: the next bits of the hash and the id + 1 in the lower IdBits; 0 is an empty slot. A power of two, at most two
    // thirds full.
    private uint[] _slots;
    private int _shift;

    // Scratch: by the length of the left half, the hashes of both and whether both can be pieces.
    private (ulong Left, ulong Right, bool MayBe)[] _halves = [];

    /// <param name="expected">About how many pieces are to come.</param>
    public PieceTable(int expected = 0)
    {
        expected = Math.Clamp(expected, 256, MaxIds);
        _text = new byte[expected * 10];
        _places = new (int, int)[expected];
        SetSlots((int)BitOperations.RoundUpToPowerOf2((uint)expected / 2 * 3));
    }

    /// <summary>Number of pieces.</summary>
    public int Count { get; private set; }

    /// <summary>One more than the largest id.</summary>
    public int End { get; private set; }

    /// <summary>Whether a piece has this id.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(int id) => !this[id].IsEmpty;

    /// <summary>The UTF-8 text of a piece; empty if there is none with this id.</summary>
    public ReadOnlySpan<byte> this[int id]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (uint)id < (uint)_places.Length ? _text.AsSpan(_places[id].Start, _places[id].Length) : default;
    }

    /// <summary>The text of a piece, or null.</summary>
    public string? GetText(int id) => Contains(id) ? Encoding.UTF8.GetString(this[id]) : null;

    /// <summary>Adds a piece.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public string? Add(int id, ReadOnlySpan<byte> piece)
    {
        if (id is < 0 or >= MaxIds) return $"the id {id} is outside 0 to {MaxIds - 1}";
        if (piece.IsEmpty) return $"piece {id} is empty";
        if (piece.Length > MaxPieceBytes) return $"piece {id} has {piece.Length} bytes, more than {MaxPieceBytes}";
        if (!Utf8.IsValid(piece)) return $"piece {id} is not valid UTF-8";
        if (Contains(id)) return $"the id {id} is given twice, to '{GetText(id)}' and to '{Encoding.UTF8.GetString(piece)}'";
        if (Count >= _slots.Length / 3 * 2) GrowSlots();
        var hash = Hash(piece);
        var slot = Probe(hash, piece);
        if (_slots[slot] != 0) return $"the piece '{Encoding.UTF8.GetString(piece)}' is there twice";

        if (_textLength + piece.Length > _text.Length) Array.Resize(ref _text, Math.Max(_text.Length * 2, _textLength + piece.Length));
        if (id >= _places.Length) Array.Resize(ref _places, (int)BitOperations.RoundUpToPowerOf2((uint)id + 1));

        piece.CopyTo(_text.AsSpan(_textLength));
        _places[id] = (_textLength, piece.Length);
        _textLength += piece.Length;
        _slots[slot] = (Tag(hash) << IdBits) | (uint)(id + 1);
        Count++;
        End = Math.Max(End, id + 1);
        return null;
    }

    /// <summary>The id of a piece, or -1.</summary>
    public int Find(ReadOnlySpan<byte> piece) => Find(Hash(piece), piece);

    /// <summary>The id of a piece, or -1.</summary>
    public int Find(string piece) => piece.Length <= MaxPieceBytes ? Find(Encoding.UTF8.GetBytes(piece)) : -1;

    /// <summary>Finds the splits of a piece into two pieces, the longest left half first.</summary>
    /// <param name="id">The piece.</param>
    /// <param name="splits">The ids of left half, right half and piece are added to it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void FindSplits(int id, List<(int Left, int Right, int Result)> splits)
    {
        var piece = this[id];
        if (_halves.Length < piece.Length) _halves = new (ulong, ulong, bool)[piece.Length];
        var halves = _halves.AsSpan(0, piece.Length);
        var hash = 0UL;
        for (var i = 1; i < halves.Length; i++) halves[i].Left = hash = Append(hash, piece[i - 1]);

        // This loop reads one slot for each half and decides nothing, so the processor waits for memory once a piece and not once a half.
        hash = 0;
        var power = 1UL;
        for (var i = piece.Length - 1; i > 0; i--)
        {
            power *= HashBase;
            hash += (piece[i] + 1UL) * power;
            halves[i].Right = hash;
            halves[i].MayBe = _slots[halves[i].Left >> _shift] != 0 & _slots[hash >> _shift] != 0;
        }

        for (var i = piece.Length - 1; i > 0; i--)
        {
            if (!halves[i].MayBe || (piece[i] & 0xC0) == 0x80) continue;
            var right = Find(halves[i].Right, piece[i..]);
            if (right < 0) continue;
            var left = Find(halves[i].Left, piece[..i]);
            if (left >= 0) splits.Add((left, right, id));
        }
    }

    // A polynomial in the bytes: the hashes of all beginnings and ends of a piece take one step each.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ulong Hash(ReadOnlySpan<byte> text)
    {
        var hash = 0UL;
        foreach (var b in text) hash = Append(hash, b);
        return hash;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Append(ulong hash, byte next) => (hash + next + 1) * HashBase;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Tag(ulong hash) => (uint)(hash >> (_shift - TagBits)) & ((1 << TagBits) - 1);

    private int Find(ulong hash, ReadOnlySpan<byte> piece) => (int)(_slots[Probe(hash, piece)] & ((1 << IdBits) - 1)) - 1;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Probe(ulong hash, ReadOnlySpan<byte> piece)
    {
        ref var slots = ref MemoryMarshal.GetArrayDataReference(_slots);
        var mask = _slots.Length - 1;
        var tag = Tag(hash);
        for (var slot = (int)(hash >> _shift); ; slot = (slot + 1) & mask)
        {
            var entry = Unsafe.Add(ref slots, slot);
            if (entry == 0) return slot;
            if (entry >> IdBits == tag && this[(int)(entry & ((1 << IdBits) - 1)) - 1].SequenceEqual(piece)) return slot;
        }
    }

    [MemberNotNull(nameof(_slots))]
    private void SetSlots(int length)
    {
        _slots = new uint[length];
        _shift = 64 - BitOperations.Log2((uint)length);
    }

    private void GrowSlots()
    {
        SetSlots(_slots.Length * 2);
        for (var id = 0; id < End; id++)
        {
            if (!Contains(id)) continue;
            var hash = Hash(this[id]);
            _slots[Probe(hash, this[id])] = (Tag(hash) << IdBits) | (uint)(id + 1);
        }
    }
}
