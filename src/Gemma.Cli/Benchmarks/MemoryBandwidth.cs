using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Gemma.Cli.Benchmarks;

/// <summary>Measures how fast the machine reads memory with a number of threads: generating a token reads every weight once, so this is its ceiling.</summary>
internal sealed unsafe class MemoryBandwidth : IDisposable
{
    private const int BytesPerThread = 256 << 20;
    private const int Passes = 3;

    private readonly int _threads;
    private readonly byte* _memory;

    public MemoryBandwidth(int threads)
    {
        _threads = threads;
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)BytesPerThread * (nuint)_threads, 64);
        for (var thread = 0; thread < _threads; thread++) new Span<byte>(Part(thread), BytesPerThread).Fill(1);
    }

    /// <summary>Bytes read per second, the best of a few passes: others on the machine only make it slower.</summary>
    public double Measure()
    {
        var best = 0.0;
        for (var pass = 0; pass < Passes; pass++)
        {
            var start = Stopwatch.GetTimestamp();
            Parallel.For(0, _threads, new ParallelOptions { MaxDegreeOfParallelism = _threads }, thread => Sum(Part(thread)));
            best = Math.Max(best, (double)BytesPerThread * _threads / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    public void Dispose() => NativeMemory.AlignedFree(_memory);

    private byte* Part(int thread) => _memory + ((long)thread * BytesPerThread);

    private static long Sum(byte* memory)
    {
        Vector512<long> a = default, b = default, c = default, d = default;
        for (var end = memory + BytesPerThread; memory < end; memory += 256)
        {
            a += Vector512.LoadAligned((long*)memory);
            b += Vector512.LoadAligned((long*)(memory + 64));
            c += Vector512.LoadAligned((long*)(memory + 128));
            d += Vector512.LoadAligned((long*)(memory + 192));
        }

        return Vector512.Sum(a + b + c + d);
    }
}
