using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Gemma.Runtime.Engines.Processors;

/// <summary>
/// Measures what siblings are worth. On a real machine two logical processors of a core share its arithmetic units and are counted once. A virtual machine may
/// show siblings that are cores of their own (a thread less would be half the speed), or the other way round, so there the work is timed that decoding mostly
/// is: unpacking 4-bit weights and multiplying them.
/// </summary>
internal static class SiblingProbe
{
    /// <summary>From this gain on, siblings are worth threads of their own.</summary>
    public const double WorthThreads = 1.15;

    private const int Rounds = 3;
    private const int BytesPerThread = 1 << 20;
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(12);
    private static readonly Lazy<bool> Virtual = new(static () => X86Base.IsSupported && X86Base.CpuId(1, 0).Ecx < 0);

    /// <summary>Whether the processor says that a hypervisor runs it.</summary>
    public static bool IsVirtual => Virtual.Value;

    /// <summary>
    /// How much more work a thread on every logical processor does than one on every core; below or about 1 where they share a core's units, 2 where they are
    /// cores. Takes under 0.1 s.
    /// </summary>
    /// <param name="cores">Threads of the one side.</param>
    /// <param name="logical">Threads of the other side.</param>
    public static double Measure(int cores, int logical)
    {
        var (few, many) = (0.0, 0.0);
        for (var round = 0; round < Rounds; round++)
        {
            few = Math.Max(few, Work(cores));
            many = Math.Max(many, Work(logical));
        }

        return many / few;
    }

    // Pieces of work per second of all threads together.
    private static double Work(int count)
    {
        var pieces = new long[count];
        using var start = new Barrier(count);
        Thread[] threads = [.. Enumerable.Range(0, count)
            .Select(index => new Thread(() => pieces[index] = Repeat(start)) { IsBackground = true, Name = "Gemma sibling probe" })];
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        return pieces.Sum();
    }

    private static unsafe long Repeat(Barrier start)
    {
        var weights = (byte*)NativeMemory.AlignedAlloc(BytesPerThread, 64);
        try
        {
            new Span<byte>(weights, BytesPerThread).Fill(0x5A);
            start.SignalAndWait();
            var (pieces, begin) = (0L, Stopwatch.GetTimestamp());
            for (; Stopwatch.GetElapsedTime(begin) < Round; pieces++) Consume(Multiply(weights + (pieces * 4096 % BytesPerThread), 4096));
            return pieces;
        }
        finally
        {
            NativeMemory.AlignedFree(weights);
        }
    }

    private static unsafe Vector256<float> Multiply(byte* weights, int count)
    {
        Vector256<float> a = default, b = default;
        var (mask, factor) = (Vector256.Create(0xF), Vector256.Create(0.5f));
        for (var end = weights + count; weights < end; weights += Vector256<byte>.Count)
        {
            var packed = Vector256.Load((int*)weights);
            for (var shift = 0; shift < 32; shift += 8)
            {
                a = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle((packed >>> shift) & mask), factor, a);
                b = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle((packed >>> (shift + 4)) & mask), factor, b);
            }
        }

        return a + b;
    }

    // Keeps the compiler from dropping work whose result nobody reads.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Consume(Vector256<float> value) => _ = value;
}
