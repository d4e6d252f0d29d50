namespace Gemma.Peers;

/// <summary>How a file's matrices are stored.</summary>
/// <param name="Name">The format's name.</param>
/// <param name="Type">Its number as type of a tensor.</param>
/// <param name="FileType">The number of a file whose matrices are of it.</param>
/// <param name="Elements">Weights of a block.</param>
/// <param name="Bytes">Bytes of a block.</param>
/// <param name="WriteBlock">Writes one block.</param>
internal sealed record GgufEncoding(string Name, uint Type, uint FileType, int Elements, int Bytes, GgufEncoding.BlockWriter WriteBlock)
{
    /// <summary>Writes the weights of one block.</summary>
    public delegate void BlockWriter(ReadOnlySpan<float> weights, Span<byte> block);

    private static readonly GgufEncoding[] All =
    [
        new("Q4_0", 2, 2, 32, 18, SimpleBlocks.WriteQ40),
        new("Q4_1", 3, 3, 32, 20, SimpleBlocks.WriteQ41),
        new("Q5_1", 7, 9, 32, 24, SimpleBlocks.WriteQ51),
        new("Q4_K", 12, 15, 256, 144, SuperBlocks.WriteQ4K),
        new("Q5_K", 13, 17, 256, 176, SuperBlocks.WriteQ5K),
    ];

    /// <summary>All names.</summary>
    public static IEnumerable<string> Names => All.Select(encoding => encoding.Name);

    /// <summary>The format of a name.</summary>
    public static GgufEncoding Of(string name) => Array.Find(All, encoding => encoding.Name == name)
        ?? throw new ArgumentException($"'{name}' is not one of {string.Join(", ", Names)}.", nameof(name));

    /// <summary>Bytes of so many weights.</summary>
    public long BytesOf(long elements) => elements / Elements * Bytes;

    /// <summary>Writes a row.</summary>
    public void Write(ReadOnlySpan<float> weights, Span<byte> blocks)
    {
        for (; !weights.IsEmpty; weights = weights[Elements..], blocks = blocks[Bytes..]) WriteBlock(weights[..Elements], blocks[..Bytes]);
    }
}
