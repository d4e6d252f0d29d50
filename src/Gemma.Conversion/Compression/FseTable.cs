namespace Gemma.Conversion.Compression;

/// <summary>A decoding table of finite state entropy. Source: RFC 8878, section 4.1.</summary>
internal sealed class FseTable
{
    private readonly byte[] _symbols;
    private readonly byte[] _bits;
    private readonly ushort[] _bases;

    /// <param name="counts">How often each symbol occurs, of 2^log; -1 means less than once.</param>
    /// <param name="log">Binary logarithm of the table's size.</param>
    public FseTable(ReadOnlySpan<short> counts, int log)
    {
        Log = log;
        var size = 1 << log;
        (_symbols, _bits, _bases) = (new byte[size], new byte[size], new ushort[size]);
        var next = new int[counts.Length];
        var high = size - 1;
        for (var symbol = 0; symbol < counts.Length; symbol++)
        {
            next[symbol] = Math.Abs((int)counts[symbol]);
            if (counts[symbol] == -1) _symbols[high--] = (byte)symbol;
        }

        var (position, step) = (0, (size >> 1) + (size >> 3) + 3);
        for (var symbol = 0; symbol < counts.Length; symbol++)
        {
            for (var i = 0; i < counts[symbol]; i++)
            {
                _symbols[position] = (byte)symbol;
                do position = (position + step) & (size - 1);
                while (position > high);
            }
        }

        for (var state = 0; state < size; state++)
        {
            var value = next[_symbols[state]]++;
            _bits[state] = (byte)(log - int.Log2(value));
            _bases[state] = (ushort)((value << _bits[state]) - size);
        }
    }

    private FseTable(byte symbol) => (_symbols, _bits, _bases) = ([symbol], [0], [0]);

    /// <summary>Bits of the first state.</summary>
    public int Log { get; }

    /// <summary>A table that always gives one symbol.</summary>
    public static FseTable Constant(byte symbol) => new(symbol);

    /// <summary>Reads a table's description.</summary>
    /// <param name="source">Begins with the description.</param>
    /// <param name="maxLog">The largest table that is allowed.</param>
    /// <param name="maxSymbol">The largest symbol.</param>
    /// <param name="length">The description's bytes.</param>
    /// <exception cref="InvalidDataException">The description is malformed.</exception>
    public static FseTable Read(ReadOnlySpan<byte> source, int maxLog, int maxSymbol, out int length)
    {
        var position = 0;
        var log = (int)Bits(source, ref position, 4) + 5;
        if (log > maxLog) throw new InvalidDataException("an entropy table is too large");
        Span<short> counts = stackalloc short[maxSymbol + 1];
        var (remaining, symbol) = (1 << log, 0);
        while (remaining > 0)
        {
            if (symbol > maxSymbol) throw new InvalidDataException("an entropy table has too many symbols");
            var width = int.Log2(remaining + 1) + 1;
            var value = (int)Bits(source, ref position, width);
            var (half, threshold) = ((1 << (width - 1)) - 1, (1 << width) - 2 - remaining);
            if ((value & half) < threshold)
            {
                position--;
                value &= half;
            }
            else if (value > half)
            {
                value -= threshold;
            }

            counts[symbol++] = (short)(value - 1);
            remaining -= Math.Abs(value - 1);
            for (var repeat = value == 1 ? 3 : 0; repeat == 3;)
            {
                repeat = (int)Bits(source, ref position, 2);
                symbol += repeat;
            }
        }

        length = (position + 7) / 8;
        return remaining == 0 && symbol <= maxSymbol + 1 && length <= source.Length ? new FseTable(counts[..symbol], log) : throw new InvalidDataException("an entropy table is malformed");
    }

    public byte Symbol(uint state) => _symbols[state];

    public uint Next(uint state, ref BackwardBits bits) => _bases[state] + bits.Read(_bits[state]);

    private static uint Bits(ReadOnlySpan<byte> source, ref int position, int count)
    {
        var value = 0u;
        for (var i = 0; i < count; i++, position++)
        {
            if (position >> 3 < source.Length) value |= (uint)((source[position >> 3] >> (position & 7)) & 1) << i;
        }

        return value;
    }
}
