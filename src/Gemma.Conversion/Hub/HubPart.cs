using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gemma.Conversion.Hub;

/// <summary>
/// The part of a file that has been downloaded, hashed as it is written. One process writes it; a process that dies leaves a part that the next one continues.
/// It becomes the file's content
/// in one step, and only if its hash is right.
/// </summary>
internal sealed class HubPart : IDisposable
{
    private const long SaveBytes = 32 << 20;
    private const int BufferBytes = 1 << 20;

    private static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(1);

    private readonly HubFile _file;
    private readonly string _path;
    private readonly string? _statePath;
    private readonly TimeProvider _time;
    private IncrementalHash _hash;
    private FileStream _stream;
    private long _savedLength;
    private long _savedAt;
    private bool _isDone;

    private HubPart(HubFile file, string path, string? statePath, FileStream stream, TimeProvider time)
    {
        (_file, _path, _statePath, _stream, _time) = (file, path, statePath, stream, time);
        _hash = NewHash();
        _savedAt = time.GetTimestamp();
    }

    /// <summary>Bytes that are there.</summary>
    public long Length { get; private set; }

    /// <summary>The server's name for this state of the file, which makes continuing safe; or null.</summary>
    public string? Validator { get; set; }

    /// <summary>Opens what an earlier process left, or an empty part. Somebody else's is not touched.</summary>
    /// <param name="blob">Where the content will lie.</param>
    /// <param name="file">The file.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops the reading of the part.</param>
    public static async Task<HubPart> OpenAsync(string blob, HubFile file, TimeProvider time, CancellationToken cancellationToken)
    {
        var path = blob + ".gemma.incomplete";
        HubPart part;
        try
        {
            part = new HubPart(file, path, path + ".json", OpenFile(path, FileMode.OpenOrCreate), time);
        }
        catch (IOException)
        {
            // Another process writes it, on a disk where the lock does not hold it back: an own part, which nobody continues.
            path = $"{blob}.{Guid.NewGuid().ToString("N")[..8]}.gemma.incomplete";
            return new HubPart(file, path, null, OpenFile(path, FileMode.CreateNew), time);
        }

        try
        {
            await part.ContinueAsync(cancellationToken).ConfigureAwait(false);
            return part;
        }
        catch
        {
            part.Dispose();
            throw;
        }
    }

    /// <summary>Adds bytes.</summary>
    public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        _hash.AppendData(bytes.Span);
        Length += bytes.Length;
        if (Length - _savedLength >= SaveBytes || _time.GetElapsedTime(_savedAt) >= SaveInterval) Save();
    }

    /// <summary>Starts over, in a new file: somebody may still read or write the old one.</summary>
    public void Restart()
    {
        Discard();
        _stream = OpenFile(_path, FileMode.CreateNew);
        _isDone = false;
        _hash.Dispose();
        _hash = NewHash();
        (Length, _savedLength, Validator) = (0, 0, null);
    }

    /// <summary>Deletes the part, unless it was found to be another process's.</summary>
    public void Discard()
    {
        if (_isDone) return;
        _isDone = true;
        _stream.Dispose();
        File.Delete(_path);
        if (_statePath is not null) File.Delete(_statePath);
    }

    /// <summary>Makes the part the file's content.</summary>
    /// <returns>What is wrong with it, or null: then it is in place.</returns>
    public string? Complete(string blob)
    {
        if (Length != _file.Bytes) return $"{Length} bytes instead of {_file.Bytes}";
        var hash = Convert.ToHexStringLower(_hash.GetHashAndReset());
        if (hash != _file.Hash) return $"hash {hash} instead of {_file.Hash}";
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        _isDone = true;

        // The name may have gone to another writer's file, where locks do not work.
        if (new FileInfo(_path) is not { Exists: true } written || written.Length != _file.Bytes) return "a part that another process took away";
        File.Move(_path, blob, overwrite: true);
        if (_statePath is not null) File.Delete(_statePath);
        return null;
    }

    /// <summary>Keeps the part for the next process, unless it is complete or nobody could continue it.</summary>
    public void Dispose()
    {
        if (!_isDone && _statePath is not null && Length > 0) Save();
        _stream.Dispose();
        _hash.Dispose();
        if (!_isDone && _statePath is null) File.Delete(_path);
    }

    private static FileStream OpenFile(string path, FileMode mode) =>
        new(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);

    // What was flushed to the disk is known to be good; what came after it may be lost or zeros after a crash of the machine.
    private async Task ContinueAsync(CancellationToken cancellationToken)
    {
        var state = ReadState();
        var kept = state is null || state.Etag != _file.Hash || state.Size != _file.Bytes ? 0 : Math.Min(state.Bytes, Math.Min(_stream.Length, _file.Bytes));
        if (kept <= 0)
        {
            if (_stream.Length > 0) Restart();
            return;
        }

        var buffer = new byte[BufferBytes];
        while (Length < kept)
        {
            var count = await _stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, kept - Length)), cancellationToken).ConfigureAwait(false);
            if (count == 0) break;
            _hash.AppendData(buffer.AsSpan(0, count));
            Length += count;
        }

        _stream.SetLength(Length);
        (_savedLength, Validator) = (Length, state!.Validator);
    }

    private PartState? ReadState()
    {
        if (_statePath is null || !File.Exists(_statePath)) return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(_statePath), HubTreeJson.Default.PartState);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Save()
    {
        if (_statePath is null) return;
        _stream.Flush(flushToDisk: true);
        HubCache.Write(_statePath, JsonSerializer.Serialize(new PartState(_file.Hash, _file.Bytes, Length, Validator), HubTreeJson.Default.PartState));
        (_savedLength, _savedAt) = (Length, _time.GetTimestamp());
    }

    private IncrementalHash NewHash()
    {
        var hash = IncrementalHash.CreateHash(_file.IsLarge ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (!_file.IsLarge) hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {_file.Bytes}\0")));
        return hash;
    }
}

/// <summary>What is known of a part.</summary>
/// <param name="Etag">The hash that the whole file will have.</param>
/// <param name="Size">Its size.</param>
/// <param name="Bytes">Bytes that are on the disk for sure.</param>
/// <param name="Validator">The server's name for this state of the file, or null.</param>
internal sealed record PartState(string Etag, long Size, long Bytes, string? Validator);
