namespace Gemma.Runtime.Engines.OnnxRuntime.Memory;

/// <summary>
/// Large blocks of memory in Linux' huge pages where the system has them: gigabytes of weights take a few hundred page faults instead of half a million, and
/// fewer look-ups of addresses at each pass. Blocks that were freed wait for the next of their size until <see cref="Trim"/>.
/// </summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed unsafe class HugePageMemory
{
    /// <summary>From this size on blocks are taken from here, in bytes: a huge page of x64 and of Arm with pages of 4 KiB.</summary>
    public const nuint SmallestBlock = 2 << 20;

    // Packing a weight frees what it was packed into, and the next is often as large; a pass frees its activations.
    private const long MostIdleBytes = 256 << 20;

    private readonly nuint _pageSize = (nuint)Environment.SystemPageSize;
    private readonly Lock _lock = new();
    private readonly Dictionary<nint, nuint> _used = [];
    private readonly List<(nint Address, nuint Length)> _idle = [];
    private long _idleBytes;

    /// <summary>Bytes that are handed out.</summary>
    public long UsedBytes
    {
        get
        {
            lock (_lock) return _used.Values.Sum(length => (long)length);
        }
    }

    /// <summary>Bytes that wait for the next taker.</summary>
    public long IdleBytes
    {
        get
        {
            lock (_lock) return _idleBytes;
        }
    }

    /// <summary>A block whose address is a multiple of <see cref="SmallestBlock"/>; its content is undefined. Null where the system has no memory.</summary>
    public void* Allocate(nuint length)
    {
        if (length > nuint.MaxValue / 2) return null;
        length = (length + _pageSize - 1) & ~(_pageSize - 1);
        lock (_lock)
        {
            // Here, where it may fail, so that taking a block back cannot.
            _used.EnsureCapacity(_used.Count + 1);
            _idle.EnsureCapacity(_idle.Count + _used.Count + 1);

            // Not a much larger one: it would be missed later.
            var found = _idle.FindLastIndex(block => block.Length >= length && block.Length - length <= length / 8);
            var address = found >= 0 ? _idle[found].Address : Map(length);
            if (address == 0) return null;
            if (found >= 0)
            {
                length = _idle[found].Length;
                _idle.RemoveAt(found);
                _idleBytes -= (long)length;
            }

            _used.Add(address, length);
            return (void*)address;
        }
    }

    /// <summary>Takes a block back.</summary>
    /// <returns>False for memory that is not from here.</returns>
    public bool Free(void* block)
    {
        lock (_lock)
        {
            if (!_used.Remove((nint)block, out var length)) return false;
            _idle.Add(((nint)block, length));
            _idleBytes += (long)length;
            while (_idleBytes > MostIdleBytes) Unmap();
        }

        return true;
    }

    /// <summary>Gives idle blocks back to the system.</summary>
    public void Trim()
    {
        lock (_lock)
        {
            while (_idle.Count > 0) Unmap();
        }
    }

    // The one that has been idle for longest.
    private void Unmap()
    {
        var (address, length) = _idle[0];
        _idle.RemoveAt(0);
        _idleBytes -= (long)length;
        _ = LinuxMemory.Unmap(address, length);
    }

    // Huge pages lie on multiples of their size, mappings on multiples of small pages: one huge page more is mapped, and what is left over at both ends is let
    // go.
    private static nint Map(nuint length)
    {
        var mapped = LinuxMemory.Map(length + SmallestBlock);
        if (mapped == 0) return 0;
        var address = (nint)(((nuint)mapped + SmallestBlock - 1) & ~(SmallestBlock - 1));
        var before = (nuint)(address - mapped);
        if (before > 0) _ = LinuxMemory.Unmap(mapped, before);
        _ = LinuxMemory.Unmap(address + (nint)length, SmallestBlock - before);
        _ = LinuxMemory.Advise(address, length, LinuxMemory.AdviseHugePage);
        return address;
    }
}
