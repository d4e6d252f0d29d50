using System.Buffers.Binary;

namespace Gemma.Fuzz.Mutations;

/// <summary>Damages bytes without knowing what they mean.</summary>
internal static class ByteMutator
{
    private static readonly long[] Numbers = [0, 1, -1, 127, 128, 255, 256, 32767, 65535, 65536, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue,
        long.MinValue, 1L << 40, 1L << 62];

    /// <summary>One to eight changes.</summary>
    public static byte[] Mutate(Random random, byte[] seed)
    {
        var bytes = new List<byte>(seed);
        for (var changes = 1 << random.Next(4); changes > 0; changes--) Change(random, bytes);
        return [.. bytes];
    }

    private static void Change(Random random, List<byte> bytes)
    {
        if (bytes.Count == 0)
        {
            bytes.Add((byte)random.Next(256));
            return;
        }

        // What decides how the rest is read lies at the beginning or at the end.
        var at = random.Next(4) switch
        {
            0 => random.Next(Math.Min(bytes.Count, 64)),
            1 => bytes.Count - 1 - random.Next(Math.Min(bytes.Count, 256)),
            _ => random.Next(bytes.Count),
        };
        var length = Math.Min(bytes.Count - at, 1 << random.Next(10));
        switch (random.Next(9))
        {
            case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 1: bytes[at] = (byte)random.Next(256); break;
            case 2: bytes[at] = (byte)(bytes[at] + random.Next(-2, 3)); break;
            case 3: bytes.RemoveRange(at, length); break;
            case 4: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
            case 5: bytes.RemoveRange(at, bytes.Count - at); break;
            case 6: bytes.InsertRange(at, Enumerable.Range(0, Math.Min(length, 32)).Select(_ => (byte)random.Next(256))); break;
            default: WriteNumber(random, bytes, at); break;
        }
    }

    private static void WriteNumber(Random random, List<byte> bytes, int at)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        var value = Numbers[random.Next(Numbers.Length)];
        if (random.Next(2) == 0) BinaryPrimitives.WriteInt64LittleEndian(number, value);
        else BinaryPrimitives.WriteInt64BigEndian(number, value);
        var width = 1 << random.Next(1, 4);
        for (var i = 0; i < width && at + i < bytes.Count; i++) bytes[at + i] = number[i];
    }
}
