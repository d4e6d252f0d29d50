using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace Gemma.Runtime.Tokenization;

/// <summary>The pieces of a vocabulary as UTF-8 in one buffer, found by id and by text. Filled by one loader, then only read.</summary>
internal sealed class PieceTable
{
    /// <summary>One more than the largest id that is allowed: a pair of ids and a rank share 64 bits in <see cref="MergeTable"/>.</summary>
    public const int MaxIds = (1 << 20) - 1;

    /// <summary>The longest piece in bytes. Gemma's are 93 bytes at most.</summary>
    public const int MaxPieceBytes = 1 << 12;

    private byte[] _text;
    private int _textLength;
    private int[] _starts;

    // One more than the length, so that 0 means: no piece has this id.
    private int[] _lengths;

    // The piece's hash in the upper half, its id + 1 in the lower; 0 is an empty slot. A power of two, at most half full.
    private ulong[] _slots;

    /// <param name="expected">About how many pieces are to come.</param>
    public PieceTable(int expected = 0)
    {
        var capacity = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(expected, 256, MaxIds));
        _text = new byte[capacity * 8];
        _starts = new int[capacity];
        _lengths = new int[capacity];
        _slots = new ulong[capacity * 2];
    }

    /// <summary>Number of pieces.</summary>
    public int Count { get; private set; }

    /// <summary>One more than the largest id.</summary>
    public int End { get; private set; }

    /// <summary>Whether a piece has this id.</summary>
    public bool Contains(int id) => (uint)id < (uint)End && _lengths[id] != 0;

    /// <summary>The UTF-8 text of a piece; empty if there is none with this id.</summary>
    public ReadOnlySpan<byte> this[int id] => Contains(id) ? _text.AsSpan(_starts[id], _lengths[id] - 1) : default;

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
        if ((Count + 1) * 2 > _slots.Length) GrowSlots();
        var hash = Hash(piece);
        var slot = Probe(hash, piece);
        if (_slots[slot] != 0) return $"the piece '{Encoding.UTF8.GetString(piece)}' is there twice";

        if (_textLength + piece.Length > _text.Length) Array.Resize(ref _text, Math.Max(_text.Length * 2, _textLength + piece.Length));
        if (id >= _starts.Length)
        {
            var length = (int)BitOperations.RoundUpToPowerOf2((uint)id + 1);
            Array.Resize(ref _starts, length);
            Array.Resize(ref _lengths, length);
        }

        piece.CopyTo(_text.AsSpan(_textLength));
        _starts[id] = _textLength;
        _lengths[id] = piece.Length + 1;
        _textLength += piece.Length;
        _slots[slot] = ((ulong)hash << 32) | (uint)(id + 1);
        Count++;
        End = Math.Max(End, id + 1);
        return null;
    }

    /// <summary>The id of a piece, or -1.</summary>
    public int Find(ReadOnlySpan<byte> piece) => (int)(uint)_slots[Probe(Hash(piece), piece)] - 1;

    /// <summary>The id of a piece, or -1.</summary>
    public int Find(string piece) => piece.Length <= MaxPieceBytes ? Find(Encoding.UTF8.GetBytes(piece)) : -1;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint Hash(ReadOnlySpan<byte> text)
    {
        const ulong Multiplier = 0x9E3779B97F4A7C15;
        var hash = (ulong)text.Length * Multiplier;
        while (text.Length >= 8)
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(text)) * Multiplier;
            hash ^= hash >> 29;
            text = text[8..];
        }

        ulong tail = 0;
        foreach (var b in text) tail = (tail << 8) | b;
        hash = (hash ^ tail) * Multiplier;
        hash ^= hash >> 32;
        return (uint)((hash * Multiplier) >> 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Probe(uint hash, ReadOnlySpan<byte> piece)
    {
        ref var slots = ref MemoryMarshal.GetArrayDataReference(_slots);
        var mask = _slots.Length - 1;
        for (var slot = (int)hash & mask; ; slot = (slot + 1) & mask)
        {
            var entry = Unsafe.Add(ref slots, slot);
            if (entry == 0) return slot;
            if ((uint)(entry >> 32) == hash && this[(int)(uint)entry - 1].SequenceEqual(piece)) return slot;
        }
    }

    private void GrowSlots()
    {
        var old = _slots;
        _slots = new ulong[old.Length * 2];
        var mask = _slots.Length - 1;
        foreach (var entry in old)
        {
            if (entry == 0) continue;
            var slot = (int)(entry >> 32) & mask;
            while (_slots[slot] != 0) slot = (slot + 1) & mask;
            _slots[slot] = entry;
        }
    }
}
