using Gemma.Fuzz.Mutations;

namespace Gemma.Fuzz.Targets;

/// <summary>Something that reads what others wrote.</summary>
/// <param name="name">Its name on the command line.</param>
/// <param name="seeds">Inputs that it accepts.</param>
internal abstract class FuzzTarget(string name, IReadOnlyList<byte[]> seeds)
{
    public string Name => name;

    public IReadOnlyList<byte[]> Seeds => seeds;

    /// <summary>Whether the input has to be on disk before it is read, in case the process dies.</summary>
    public virtual bool MayDie => true;

    /// <summary>A damaged input.</summary>
    public virtual byte[] Mutate(Random random, byte[] seed) => ByteMutator.Mutate(random, seed);

    /// <summary>Reads an input.</summary>
    public abstract Task RunAsync(byte[] input, CancellationToken cancellationToken);

    /// <summary>Whether callers were told to expect the exception.</summary>
    public virtual bool IsDocumented(Exception e) => e is GemmaException;

    /// <summary>A reader that waits for nothing, as one that may wait.</summary>
    protected static Func<T, CancellationToken, Task> Waiting<T>(Action<T> read) => (input, _) =>
    {
        read(input);
        return Task.CompletedTask;
    };
}
