using Gemma.Fuzz.Mutations;

namespace Gemma.Fuzz.Targets;

/// <summary>One file of a folder that is otherwise whole.</summary>
/// <param name="name">The target's name.</param>
/// <param name="folder">The folder.</param>
/// <param name="file">The file's path in it.</param>
/// <param name="read">Reads the folder.</param>
/// <param name="mutate">Damages the file.</param>
internal sealed class FileTarget(string name, string folder, string file, Action<string> read, Func<Random, byte[], byte[]>? mutate = null) : FuzzTarget(name, [File.ReadAllBytes(Path.Combine(folder, file))])
{
    private readonly string _path = Path.Combine(folder, file);

    public override byte[] Mutate(Random random, byte[] seed) =>
        mutate is not null ? mutate(random, seed) : Path.GetExtension(file) == ".json" ? JsonMutator.Mutate(random, seed) : ByteMutator.Mutate(random, seed);

    public override void Run(byte[] input)
    {
        File.WriteAllBytes(_path, input);
        try
        {
            read(folder);
        }
        finally
        {
            File.WriteAllBytes(_path, Seeds[0]);
        }
    }
}
