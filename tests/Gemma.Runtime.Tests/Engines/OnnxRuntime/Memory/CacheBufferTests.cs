using Gemma.Runtime.Engines.OnnxRuntime.Memory;

namespace Gemma.Runtime.Tests.Engines.OnnxRuntime.Memory;

public sealed unsafe class CacheBufferTests
{
    [Fact]
    public void Release_PartOfABuffer_TakesWholePagesOnly()
    {
        Assert.SkipUnless(CacheBuffer.SupportsSparse, "This system has no memory of that kind.");
        var page = Environment.SystemPageSize;
        using var buffer = new CacheBuffer(8 * page, isSparse: true);
        var bytes = new Span<byte>(buffer.Pointer, 8 * page);
        Assert.True(bytes.IndexOfAnyExcept((byte)0) < 0);
        bytes.Fill(7);
        buffer.Release(page + 1, (5 * page) + 100);

        // Only pages that lie between the two as a whole are gone.
        Assert.True(bytes[..(2 * page)].IndexOfAnyExcept((byte)7) < 0);
        Assert.True(bytes[(2 * page)..(5 * page)].IndexOfAnyExcept((byte)0) < 0);
        Assert.True(bytes[(5 * page)..].IndexOfAnyExcept((byte)7) < 0);
        buffer.Release(100, 200);
        Assert.Equal(7, bytes[150]);
    }

    [Fact]
    public void Constructor_MoreThanTheMachineHas_TakesNothingUntilItIsWritten()
    {
        Assert.SkipUnless(CacheBuffer.SupportsSparse, "This system has no memory of that kind.");
        using var buffer = new CacheBuffer(1L << 41, isSparse: true);
        buffer.Pointer[1L << 40] = 3;
        Assert.Equal(3, buffer.Pointer[1L << 40]);
        Assert.Throws<InsufficientMemoryException>(() => new CacheBuffer(long.MaxValue, isSparse: true));
    }

    [Fact]
    public void Release_BufferThatIsNotSparse_KeepsItsValues()
    {
        using var buffer = new CacheBuffer(1 << 16, isSparse: false);
        new Span<byte>(buffer.Pointer, 1 << 16).Fill(7);
        buffer.Release(0, 1 << 16);
        Assert.True(new Span<byte>(buffer.Pointer, 1 << 16).IndexOfAnyExcept((byte)7) < 0);
    }
}
