using Gemma.Fuzz.Mutations;

namespace Gemma.Fuzz.Targets;

/// <summary>One file of a folder that is otherwise whole.</summary>
/// <param name="name">The target's name.</param>
/// <param name="folder">The folder.</param>
/// <param name="file">The file's path in it.</param>
/// <param name="read">Reads the folder.</param>
/// <param name="mutate">Damages the file.</param>
internal sealed class FileTarget(string name, string folder, string file, Func<string, CancellationToken, Task> read,
    Func<Random, byte[], byte[]>? mutate = null) : FuzzTarget(name, [File.ReadAllBytes(Path.Combine(folder, file))])
{
    private readonly string _path = Path.Combine(folder, file);

    /// <summary>For readers that wait for nothing.</summary>
    public FileTarget(string name, string folder, string file, Action<string> read, Func<Random, byte[], byte[]>? mutate = null)
        : this(name, folder, file, Waiting(read), mutate)
    {
    }

    public override byte[] Mutate(Random random, byte[] seed) =>
        mutate is not null ? mutate(random, seed) : Path.GetExtension(file) == ".json" ? JsonMutator.Mutate(random, seed) : ByteMutator.Mutate(random, seed);

    public override async Task RunAsync(byte[] input, CancellationToken cancellationToken)
    {
        await File.WriteAllBytesAsync(_path, input, cancellationToken);
        try
        {
            await read(folder, cancellationToken);
        }
        finally
        {
            await File.WriteAllBytesAsync(_path, Seeds[0], CancellationToken.None);
        }
    }
}
