using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Checkpoints.Torch;

namespace Gemma.Conversion.Tests.Checkpoints;

/// <summary>What a pickle holds is named and counted before it is kept, whatever its keys are and however often a value is used again.</summary>
public sealed class PickleNamesTests : IDisposable
{
    private const long MaxAllocatedBytes = 256 << 20;

    private static readonly PickleTensor Tensor = new(new PickleStorage("0", TensorDataType.Float32, 1), 0, [1], [1]);

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(1 << 16, 1_000_000, false, "longer together than 1024 characters")]
    [InlineData(1000, 1_000_000, false, null)]
    [InlineData(1 << 16, 1, true, "longer together than 1024 characters")]
    [InlineData(1000, 100_000, true, "longer together than any model's")]
    [InlineData(20, 1000, true, null)]
    public void Find_ManyValuesUnderOneKey_AreBounded(int keyLength, int count, bool areTensors, string? refusal)
    {
        var inner = new PickleDictionary(ordered: false);
        for (var i = 0L; i < count; i++) inner.Items.Add(i, areTensors ? Tensor : i);
        var root = new PickleDictionary(ordered: true);
        root.Items.Add(new string('k', keyLength), inner);
        Check(root, refusal, areTensors ? count : 0);
    }

    [Fact]
    public void Find_ListsOfTheSameLists_AreCounted()
    {
        object? value = 1L;
        for (var depth = 0; depth < 4; depth++)
        {
            var list = new PickleList();
            list.Items.AddRange(Enumerable.Repeat(value, 1000));
            value = list;
        }

        var root = new PickleDictionary(ordered: true);
        root.Items.Add("a", value);
        Check(root, "too many", 0);
    }

    private void Check(PickleDictionary root, string? refusal, int tensors)
    {
        File.WriteAllText(_path, "a file");
        using var file = CheckpointFile.Open(_path);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Record.Exception(() => Assert.Equal(tensors, PickleTensors.Find(file, root).Count));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocatedBytes);
        if (refusal is null) Assert.Null(error);
        else Assert.Contains(refusal, Assert.IsType<InvalidModelException>(error).Message, StringComparison.Ordinal);
    }
}
