using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Gemma.Jobs;

/// <summary>
/// Whether inputs are still, and on this machine, the files that a job was made of: their length and time, and where the time is another one their content,
/// which is read once. Safe for concurrent use.
/// </summary>
internal sealed class InputIdentity
{
    private readonly ConcurrentDictionary<(string Path, DateTime Modified), bool> _read = new();

    /// <summary>Looks at a file before it is read.</summary>
    /// <exception cref="JobException">It is another one.</exception>
    public async Task CheckAsync(JobInput input, CancellationToken cancellationToken)
    {
        var file = new FileInfo(input.Path);
        if (!file.Exists) throw new JobException($"'{input.Path}' is not there: every machine of a job needs its inputs at the same place.");
        if (file.Length != input.Bytes)
            throw new JobException($"'{input.Path}' has {file.Length} bytes, and had {input.Bytes} when the job was made: it is another file.");
        if (file.LastWriteTimeUtc == input.Modified) return;
        var key = (input.Path, file.LastWriteTimeUtc);
        if (!_read.TryGetValue(key, out var isSame))
            _read[key] = isSame = await HashAsync(input.Path, cancellationToken).ConfigureAwait(false) == input.Sha256;
        if (!isSame) throw new JobException($"'{input.Path}' has another content than when the job was made.");
    }

    /// <summary>A file's SHA-256, in hexadecimal digits.</summary>
    public static async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        var stream = File.OpenRead(path);
        await using (stream.ConfigureAwait(false))
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
    }
}
