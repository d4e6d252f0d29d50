namespace Gemma.Runtime.Engines.OnnxRuntime.Memory;

/// <summary>
/// Zeroed native memory, aligned for vector loads. Where the system can do so, only the pages that are written take memory, and go one by one.
/// </summary>
internal sealed unsafe class CacheBuffer : IDisposable
{
    private const string Overcommit = "/proc/sys/vm/overcommit_memory";

    private static readonly int Page = Environment.SystemPageSize;

    private readonly NativeBuffer? _block;
    private readonly nuint _mapped;

    /// <summary>Takes memory.</summary>
    /// <param name="length">Bytes.</param>
    /// <param name="isSparse">Whether unwritten pages must take none.</param>
    /// <exception cref="OutOfMemoryException">There is none.</exception>
    public CacheBuffer(long length, bool isSparse)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (!isSparse || length == 0)
        {
            _block = new NativeBuffer(length);
            Pointer = _block.Pointer;
            return;
        }

        var mapped = LinuxMemory.Map((nuint)length, LinuxMemory.NoReserve);
        if (mapped == 0) throw new InsufficientMemoryException();
        Pointer = (byte*)mapped;
        _mapped = (nuint)length;

        // A huge page would be taken whole for a few rows.
        _ = LinuxMemory.Advise(mapped, _mapped, LinuxMemory.AdviseNoHugePage);
    }

    ~CacheBuffer() => Free();

    /// <summary>Whether this system has memory that takes none before it is written: Linux, unless it counts what processes have asked for.</summary>
    public static bool SupportsSparse { get; } = OperatingSystem.IsLinux() && !CountsReservations();

    /// <summary>The first byte.</summary>
    public byte* Pointer { get; private set; }

    /// <summary>Takes the memory between two bytes at once, where it can be: faults, page by page, cost several times as much.</summary>
    public void Populate(long from, long to)
    {
        from = from / Page * Page;
        to = Math.Min((to + Page - 1) / Page * Page, (long)_mapped);
        if (from < to) _ = LinuxMemory.Advise((nint)(Pointer + from), (nuint)(to - from), LinuxMemory.AdvisePopulateWrite);
    }

    /// <summary>Gives the pages between two bytes back; the other bytes keep their values.</summary>
    public void Release(long from, long to)
    {
        from = (from + Page - 1) / Page * Page;
        to = to / Page * Page;
        if (_mapped > 0 && from < to) _ = LinuxMemory.Advise((nint)(Pointer + from), (nuint)(to - from), LinuxMemory.AdviseDontNeed);
    }

    public void Dispose()
    {
        _block?.Dispose();
        Free();
        GC.SuppressFinalize(this);
    }

    private static bool CountsReservations()
    {
        try
        {
            return File.ReadAllText(Overcommit).Trim() == "2";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Unknown, as in some sandboxes: memory is taken as it always can be.
            return true;
        }
    }

    private void Free()
    {
        if (_mapped > 0 && Pointer is not null) _ = LinuxMemory.Unmap((nint)Pointer, _mapped);
        Pointer = null;
    }
}
