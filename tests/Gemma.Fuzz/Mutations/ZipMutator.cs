using System.IO.Compression;

namespace Gemma.Fuzz.Mutations;

/// <summary>Changes an entry of a zip archive and keeps the archive itself right, or changes bytes anywhere.</summary>
internal static class ZipMutator
{
    public static byte[] Mutate(Random random, byte[] seed)
    {
        if (random.Next(3) == 0) return ByteMutator.Mutate(random, seed);
        using var source = new ZipArchive(new MemoryStream(seed));

        // Data may be anything; what says how to read it lies in the small entries.
        var changed = random.Next(4) == 0
            ? source.Entries[random.Next(source.Entries.Count)]
            : source.Entries.FirstOrDefault(entry => entry.Name == "data.pkl") ?? source.Entries[0];
        using var target = new MemoryStream();
        using (var archive = new ZipArchive(target, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var entry in source.Entries)
            {
                using var content = new MemoryStream();
                using (var stream = entry.Open()) stream.CopyTo(content);
                using var copy = archive.CreateEntry(entry.FullName, CompressionLevel.NoCompression).Open();
                copy.Write(entry == changed ? ByteMutator.Mutate(random, content.ToArray()) : content.ToArray());
            }
        }

        return target.ToArray();
    }
}
