namespace Gemma.Fuzz.Targets;

/// <summary>A text in memory.</summary>
/// <param name="name">The target's name.</param>
/// <param name="seeds">Texts that are accepted.</param>
/// <param name="mutate">Damages a text.</param>
/// <param name="read">Reads it.</param>
/// <param name="documented">The exceptions that callers expect.</param>
internal sealed class TextTarget(string name, IReadOnlyList<byte[]> seeds, Func<Random, byte[], byte[]> mutate, Func<byte[], CancellationToken, Task> read,
    Func<Exception, bool> documented) : FuzzTarget(name, seeds)
{
    /// <summary>For readers that wait for nothing.</summary>
    public TextTarget(string name, IReadOnlyList<byte[]> seeds, Func<Random, byte[], byte[]> mutate, Action<byte[]> read, Func<Exception, bool> documented)
        : this(name, seeds, mutate, Waiting(read), documented)
    {
    }

    public override byte[] Mutate(Random random, byte[] seed) => mutate(random, seed);

    public override Task RunAsync(byte[] input, CancellationToken cancellationToken) => read(input, cancellationToken);

    public override bool IsDocumented(Exception e) => documented(e);
}
