using System.Buffers.Binary;
using Gemma.Fuzz.Mutations;

namespace Gemma.Fuzz.Targets;

/// <summary>Any of several files of a folder. An input is the file's number and its content.</summary>
/// <param name="name">The target's name.</param>
/// <param name="folder">The folder.</param>
/// <param name="files">The files' paths.</param>
/// <param name="read">Reads the folder.</param>
internal sealed class FolderTarget(string name, string folder, string[] files, Action<string> read)
    : FuzzTarget(name, [.. files.Select((file, i) => Number(i, File.ReadAllBytes(file)))])
{
    public override byte[] Mutate(Random random, byte[] seed)
    {
        var content = seed[sizeof(int)..];
        return Number(BinaryPrimitives.ReadInt32LittleEndian(seed), content is [(byte)'{', ..]
            ? JsonMutator.Mutate(random, content)
            : ByteMutator.Mutate(random, content));
    }

    public override async Task RunAsync(byte[] input, CancellationToken cancellationToken)
    {
        var index = BinaryPrimitives.ReadInt32LittleEndian(input);
        await File.WriteAllBytesAsync(files[index], input[sizeof(int)..], cancellationToken);
        try
        {
            read(folder);
        }
        finally
        {
            await File.WriteAllBytesAsync(files[index], Seeds[index][sizeof(int)..], CancellationToken.None);
        }
    }

    private static byte[] Number(int index, byte[] content)
    {
        var number = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(number, index);
        return [.. number, .. content];
    }
}
