using System.Buffers.Binary;

namespace Gemma.Fuzz.Mutations;

/// <summary>Changes the header of a safetensors file as JSON and keeps its length right, or changes bytes anywhere.</summary>
internal static class SafetensorsMutator
{
    private const int PrefixBytes = sizeof(ulong);

    public static byte[] Mutate(Random random, byte[] seed)
    {
        if (random.Next(4) == 0) return ByteMutator.Mutate(random, seed);
        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(seed);
        var header = JsonMutator.Mutate(random, seed[PrefixBytes..(PrefixBytes + length)]);
        var prefix = new byte[PrefixBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
        return [.. prefix, .. header, .. seed.AsSpan(PrefixBytes + length)];
    }
}
