using System.Runtime.InteropServices;
using Gemma.Runtime.Engines.OnnxRuntime.Memory;

namespace Gemma.Runtime.Tests.Engines.OnnxRuntime.Memory;

/// <summary>Large blocks for ONNX Runtime: aligned, reused, given back.</summary>
public sealed unsafe class HugePageMemoryTests
{
    private const nuint MegaByte = 1 << 20;

    public HugePageMemoryTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "huge pages on request are Linux's");

    [Theory]
    [InlineData(2 << 20)]
    [InlineData((2 << 20) + 1)]
    [InlineData((25 << 20) - 4095)]
    public void Allocate_AnyLength_IsAlignedAndWritableToTheLastByte(int length)
    {
        var memory = new HugePageMemory();
        var block = (byte*)memory.Allocate((nuint)length);
        Assert.Equal(0u, (nuint)block % HugePageMemory.SmallestBlock);
        new Span<byte>(block, length).Fill(7);
        Assert.InRange(memory.UsedBytes, length, length + Environment.SystemPageSize - 1);
        Assert.True(memory.Free(block));
        memory.Trim();
        Assert.Equal((0, 0), (memory.UsedBytes, memory.IdleBytes));
    }

    [Fact]
    public void Allocate_AfterFree_TakesABlockOfAboutThatSizeOnly()
    {
        var memory = new HugePageMemory();
        var block = memory.Allocate(16 * MegaByte);
        memory.Free(block);
        Assert.True(block == memory.Allocate(15 * MegaByte), "a block a little larger serves");
        memory.Free(block);
        var small = memory.Allocate(3 * MegaByte);
        Assert.True(block != small, "a large block is kept for large requests");
        Assert.Equal((3 << 20, 16 << 20), (memory.UsedBytes, memory.IdleBytes));
        memory.Free(small);
        memory.Trim();
    }

    [Fact]
    public void Free_MoreThanTheLimit_GivesTheOldestBack()
    {
        var memory = new HugePageMemory();
        var blocks = Enumerable.Range(0, 5).Select(_ => (nint)memory.Allocate(64 * MegaByte)).ToArray();
        foreach (var block in blocks) memory.Free((void*)block);
        Assert.Equal(256 << 20, memory.IdleBytes);
        Assert.Equal(blocks.Skip(1).Reverse(), Enumerable.Range(0, 4).Select(_ => (nint)memory.Allocate(64 * MegaByte)));
        foreach (var block in blocks.Skip(1)) memory.Free((void*)block);
        memory.Trim();
        Assert.Equal(0, memory.IdleBytes);
    }

    [Fact]
    public void Free_MemoryOfOthers_IsLeftAlone()
    {
        var memory = new HugePageMemory();
        var foreign = NativeMemory.AlignedAlloc(64, 64);
        Assert.False(memory.Free(foreign));
        NativeMemory.AlignedFree(foreign);
    }

    [Fact]
    public void Allocate_MoreThanThereCanBe_IsNull() => Assert.True(new HugePageMemory().Allocate((nuint)1 << 60) is null);

    [Fact]
    public void Allocate_ManyThreads_NeverHandsABlockOutTwice()
    {
        var memory = new HugePageMemory();
        Parallel.For(0, 8, worker =>
        {
            for (var i = 0; i < 200; i++)
            {
                var block = (long*)memory.Allocate((nuint)(2 + (i % 3)) * MegaByte);
                *block = worker;
                Thread.Yield();
                Assert.Equal(worker, *block);
                memory.Free(block);
            }
        });
        Assert.Equal(0, memory.UsedBytes);
        memory.Trim();
    }
}
