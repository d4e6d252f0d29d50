namespace Gemma.Conversion.Compression;

/// <summary>A Huffman decoding table. Source: RFC 8878, section 4.2.</summary>
internal sealed class HuffmanTable
{
    private const int MaxBits = 11;
    private const int MaxWeights = 255;
    private const int MaxWeightLog = 6;
    private const int DirectWeights = 127;

    private readonly byte[] _symbols;
    private readonly byte[] _bits;
    private readonly int _log;

    private HuffmanTable(ReadOnlySpan<byte> weights, int log)
    {
        _log = log;
        (_symbols, _bits) = (new byte[1 << log], new byte[1 << log]);
        var position = 0;
        for (var weight = 1; weight <= log; weight++)
        {
            for (var symbol = 0; symbol < weights.Length; symbol++)
            {
                if (weights[symbol] != weight) continue;
                var count = 1 << (weight - 1);
                _symbols.AsSpan(position, count).Fill((byte)symbol);
                _bits.AsSpan(position, count).Fill((byte)(log + 1 - weight));
                position += count;
            }
        }
    }

    /// <summary>Reads a table's description.</summary>
    /// <exception cref="InvalidDataException">The description is malformed.</exception>
    public static HuffmanTable Read(ReadOnlySpan<byte> source, out int length)
    {
        if (source.IsEmpty) throw new InvalidDataException("a Huffman table is missing");
        Span<byte> weights = stackalloc byte[MaxWeights + 1];
        var header = source[0];
        int count;
        if (header > DirectWeights)
        {
            count = header - DirectWeights;
            length = 1 + ((count + 1) / 2);
            if (length > source.Length) throw new InvalidDataException("a Huffman table is cut off");
            for (var i = 0; i < count; i++) weights[i] = (byte)((source[1 + (i / 2)] >> (i % 2 == 0 ? 4 : 0)) & 0x0F);
        }
        else
        {
            length = 1 + header;
            if (length > source.Length) throw new InvalidDataException("a Huffman table is cut off");
            count = ReadWeights(source[1..length], weights[..MaxWeights]);
        }

        // The last weight is what is missing to a power of two.
        var sum = 0;
        foreach (var weight in weights[..count]) sum += weight > MaxBits ? throw new InvalidDataException("a Huffman code is too long") : weight == 0 ? 0 : 1 << (weight - 1);
        if (sum == 0) throw new InvalidDataException("a Huffman table is empty");
        var log = int.Log2(sum) + 1;
        var rest = (1 << log) - sum;
        if (log > MaxBits || !int.IsPow2(rest)) throw new InvalidDataException("a Huffman table is malformed");
        weights[count] = (byte)(int.Log2(rest) + 1);
        return new HuffmanTable(weights[..(count + 1)], log);
    }

    /// <summary>Decodes a stream that gives exactly as many bytes as there is room for.</summary>
    public void Decode(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var bits = new BackwardBits(source);
        for (var i = 0; i < destination.Length; i++)
        {
            var code = bits.Peek(_log);
            destination[i] = _symbols[code];
            bits.Skip(_bits[code]);
        }

        if (bits.Left != 0) throw new InvalidDataException("a Huffman stream has another length than its content");
    }

    // Two states take turns until the bits are used up.
    private static int ReadWeights(ReadOnlySpan<byte> source, Span<byte> weights)
    {
        var table = FseTable.Read(source, MaxWeightLog, MaxWeights, out var length);
        var bits = new BackwardBits(source[length..]);
        var (state, other) = (bits.Read(table.Log), bits.Read(table.Log));
        var count = 0;
        while (true)
        {
            if (count + 2 > weights.Length) throw new InvalidDataException("a Huffman table has too many symbols");
            weights[count++] = table.Symbol(state);
            var next = table.Next(state, ref bits);
            if (bits.Left < 0)
            {
                weights[count++] = table.Symbol(other);
                return count;
            }

            (state, other) = (other, next);
        }
    }
}
