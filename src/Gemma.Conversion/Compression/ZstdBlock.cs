using System.Buffers.Binary;

namespace Gemma.Conversion.Compression;

/// <summary>Decodes the compressed blocks of one Zstandard frame, which share tables and recent offsets. Source: RFC 8878, section 3.1.1.</summary>
internal sealed class ZstdBlock
{
    public const int MaxBytes = 128 << 10;

    private const int MaxLiteralLog = 9;
    private const int MaxMatchLog = 9;
    private const int MaxOffsetLog = 8;
    private const int JumpTableBytes = 6;

    private readonly byte[] _literals = new byte[MaxBytes];
    private readonly long[] _recent = [1, 4, 8];
    private HuffmanTable? _huffman;
    private FseTable? _literalTable;
    private FseTable? _offsetTable;
    private FseTable? _matchTable;

    /// <summary>Decodes a block behind what was decoded before.</summary>
    /// <param name="source">The block.</param>
    /// <param name="buffer">Earlier output, and room for a block.</param>
    /// <param name="written">Bytes of the buffer that are filled.</param>
    /// <param name="limit">The most that may be filled.</param>
    /// <returns>Bytes that are filled afterwards.</returns>
    /// <exception cref="InvalidDataException">The block is malformed.</exception>
    public int Decode(ReadOnlySpan<byte> source, Span<byte> buffer, int written, int limit)
    {
        ReadOnlySpan<byte> literals = _literals.AsSpan(0, ReadLiterals(ref source));
        if (source.IsEmpty) throw Malformed();
        var count = (int)source[0];
        var header = count < 128 ? 1 : count < 255 ? 2 : 3;
        if (source.Length < header) throw Malformed();
        if (header == 2) count = ((count - 128) << 8) + source[1];
        if (header == 3) count = BinaryPrimitives.ReadUInt16LittleEndian(source[1..]) + 0x7F00;
        source = source[header..];
        if (count > 0) written = Execute(source, count, ref literals, buffer, written, limit);
        if (literals.Length > limit - written) throw Malformed();
        literals.CopyTo(buffer[written..]);
        return written + literals.Length;
    }

    private static InvalidDataException Malformed() => new("a compressed block is malformed");

    private int ReadLiterals(ref ReadOnlySpan<byte> source)
    {
        const int Raw = 0;
        const int Repeated = 1;
        const int Treeless = 3;
        if (source.IsEmpty) throw Malformed();
        var (type, format) = (source[0] & 3, (source[0] >> 2) & 3);
        var header = type <= Repeated ? format switch { 1 => 2, 3 => 3, _ => 1 } : format switch { 2 => 4, 3 => 5, _ => 3 };
        if (source.Length < header) throw Malformed();
        ulong word = 0;
        for (var i = header - 1; i >= 0; i--) word = (word << 8) | source[i];
        source = source[header..];
        if (type <= Repeated)
        {
            var plain = (int)(word >> (header == 1 ? 3 : 4));
            var stored = type == Raw ? plain : 1;
            if (plain > MaxBytes || stored > source.Length) throw Malformed();
            if (type == Raw) source[..plain].CopyTo(_literals);
            else _literals.AsSpan(0, plain).Fill(source[0]);
            source = source[stored..];
            return plain;
        }

        var bits = format switch { 2 => 14, 3 => 18, _ => 10 };
        var size = (int)((word >> 4) & ((1UL << bits) - 1));
        var compressed = (int)((word >> (4 + bits)) & ((1UL << bits) - 1));
        if (size > MaxBytes || compressed > source.Length) throw Malformed();
        var data = source[..compressed];
        source = source[compressed..];
        if (type != Treeless)
        {
            _huffman = HuffmanTable.Read(data, out var length);
            data = data[length..];
        }

        DecodeStreams(_huffman ?? throw Malformed(), data, _literals.AsSpan(0, size), single: format == 0);
        return size;
    }

    private static void DecodeStreams(HuffmanTable table, ReadOnlySpan<byte> data, Span<byte> destination, bool single)
    {
        if (single)
        {
            table.Decode(data, destination);
            return;
        }

        const int Streams = 4;
        var part = (destination.Length + Streams - 1) / Streams;
        if (data.Length < JumpTableBytes || destination.Length < 3 * part) throw Malformed();
        var jumps = data[..JumpTableBytes];
        data = data[JumpTableBytes..];
        for (var i = 0; i < Streams; i++)
        {
            var length = i < Streams - 1 ? BinaryPrimitives.ReadUInt16LittleEndian(jumps[(2 * i)..]) : data.Length;
            if (length > data.Length) throw Malformed();
            table.Decode(data[..length], i < Streams - 1 ? destination.Slice(i * part, part) : destination[(i * part)..]);
            data = data[length..];
        }
    }

    private static FseTable Table(ref ReadOnlySpan<byte> source, int mode, FseTable standard, FseTable? previous, int maxLog, int maxSymbol)
    {
        switch (mode)
        {
            case 0:
                return standard;
            case 1:
                if (source.IsEmpty || source[0] > maxSymbol) throw Malformed();
                var symbol = source[0];
                source = source[1..];
                return FseTable.Constant(symbol);
            case 2:
                var table = FseTable.Read(source, maxLog, maxSymbol, out var length);
                source = source[length..];
                return table;
            default:
                return previous ?? throw Malformed();
        }
    }

    private int Execute(ReadOnlySpan<byte> source, int count, ref ReadOnlySpan<byte> literals, Span<byte> buffer, int written, int limit)
    {
        if (source.IsEmpty) throw Malformed();
        var modes = source[0];
        source = source[1..];
        _literalTable = Table(ref source, modes >> 6, ZstdSequenceCodes.DefaultLiterals, _literalTable, MaxLiteralLog, ZstdSequenceCodes.MaxLiteralCode);
        _offsetTable = Table(ref source, (modes >> 4) & 3, ZstdSequenceCodes.DefaultOffsets, _offsetTable, MaxOffsetLog, ZstdSequenceCodes.MaxOffsetCode);
        _matchTable = Table(ref source, (modes >> 2) & 3, ZstdSequenceCodes.DefaultMatches, _matchTable, MaxMatchLog, ZstdSequenceCodes.MaxMatchCode);
        var bits = new BackwardBits(source);
        var (literalState, offsetState, matchState) = (bits.Read(_literalTable.Log), bits.Read(_offsetTable.Log), bits.Read(_matchTable.Log));
        for (var i = 0; i < count; i++)
        {
            var (literalCode, offsetCode, matchCode) = (_literalTable.Symbol(literalState), _offsetTable.Symbol(offsetState), _matchTable.Symbol(matchState));
            var offsetValue = (1L << offsetCode) + bits.Read(offsetCode);
            var match = ZstdSequenceCodes.MatchBases[matchCode] + (int)bits.Read(ZstdSequenceCodes.MatchBits[matchCode]);
            var plain = ZstdSequenceCodes.LiteralBases[literalCode] + (int)bits.Read(ZstdSequenceCodes.LiteralBits[literalCode]);
            var offset = Offset(offsetValue, plain == 0);
            if (bits.Left < 0 || plain > literals.Length || plain > limit - written || match > limit - written - plain || offset <= 0 || offset > written + plain) throw Malformed();
            literals[..plain].CopyTo(buffer[written..]);
            literals = literals[plain..];
            written += plain;

            // A match may overlap what it produces.
            if (offset >= match) buffer.Slice(written - (int)offset, match).CopyTo(buffer[written..]);
            else for (var j = 0; j < match; j++) buffer[written + j] = buffer[written + j - (int)offset];
            written += match;
            if (i == count - 1) break;
            literalState = _literalTable.Next(literalState, ref bits);
            matchState = _matchTable.Next(matchState, ref bits);
            offsetState = _offsetTable.Next(offsetState, ref bits);
        }

        return bits.Left == 0 ? written : throw Malformed();
    }

    // Values up to 3 mean one of the last three offsets; without literals they are shifted by one, and the fourth is the last minus one.
    private long Offset(long value, bool withoutLiterals)
    {
        if (value > 3)
        {
            (_recent[2], _recent[1], _recent[0]) = (_recent[1], _recent[0], value - 3);
            return _recent[0];
        }

        var index = (int)value - 1 + (withoutLiterals ? 1 : 0);
        if (index == 0) return _recent[0];
        var offset = index == 3 ? _recent[0] - 1 : _recent[index];
        if (index > 1) _recent[2] = _recent[1];
        (_recent[1], _recent[0]) = (_recent[0], offset);
        return offset;
    }
}
