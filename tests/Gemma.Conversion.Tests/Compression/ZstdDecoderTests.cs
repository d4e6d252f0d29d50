using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Compression;

/// <summary>What the zstd tool compressed comes back; damaged data is refused and nothing else happens.</summary>
public sealed class ZstdDecoderTests
{
    private const int Mutations = 1500;

    private static readonly string Goldens = Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Conversion.Tests", "Goldens");

    [Theory]
    [InlineData("level-1.zst", "gemma1-mqa/goldens.json")]
    [InlineData("level-19.zst", "gemma1-mqa/goldens.json")]
    [InlineData("model-level-3.zst", "gemma1-odd-shapes/model.safetensors")]
    public void Decompress_FileOfTheZstdTool_GivesTheContent(string compressed, string content)
    {
        var expected = File.ReadAllBytes(Path.Combine(Goldens, content));
        Assert.True(expected.AsSpan().SequenceEqual(Decompress(File.ReadAllBytes(Path.Combine(Goldens, "zstd", compressed)), expected.Length)));
    }

    [Fact]
    public void Decompress_AnotherLength_IsRefused()
    {
        var compressed = File.ReadAllBytes(Path.Combine(Goldens, "zstd", "level-1.zst"));
        var length = new FileInfo(Path.Combine(Goldens, "gemma1-mqa", "goldens.json")).Length;
        Assert.Throws<InvalidDataException>(() => Decompress(compressed, length - 1));
        Assert.Throws<InvalidDataException>(() => Decompress(compressed, length + 1));
        Assert.Throws<InvalidDataException>(() => Decompress(compressed[..^9], length));
    }

    [Fact]
    public void Decompress_DamagedData_GivesContentOrIsRefused()
    {
        var compressed = File.ReadAllBytes(Path.Combine(Goldens, "zstd", "model-level-3.zst"));
        var length = new FileInfo(Path.Combine(Goldens, "gemma1-odd-shapes", "model.safetensors")).Length;
        var random = new Random(11);
        for (var i = 0; i < Mutations; i++)
        {
            byte[] damaged = [.. compressed];
            for (var change = random.Next(1, 4); change > 0; change--)
                damaged[random.Next(4, random.Next(2) == 0 ? 64 : damaged.Length)] = (byte)random.Next(256);
            var exception = Record.Exception(() => Decompress(damaged, length));
            Assert.True(exception is null or InvalidDataException, exception?.ToString());
        }
    }

    [Fact]
    public void Decompress_WindowFarLargerThanTheContent_IsRefusedWithoutTakingIt()
    {
        // A frame of no content whose header asks for a window of 128 MiB.
        byte[] frame = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x88, 0x01, 0x00, 0x00];
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => Decompress(frame, 0));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }

    private static byte[] Decompress(byte[] compressed, long length)
    {
        using var result = new MemoryStream();
        ZstdDecoder.Decompress(new MemoryStream(compressed), result, length, length);
        return result.ToArray();
    }
}
