using System.Text.Json;
using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Tests.Checkpoints;

/// <summary>What torch.save writes, in both containers: views, shared storages, parameters, every element type.</summary>
public sealed class PickleTests(ITestOutputHelper output)
{
    [Fact]
    public void Open_FilesOfTorchSave_GiveTheExpectedTensors()
    {
        var folder = Path.Combine(FormatGoldens.Root, "pickle", "legit");
        using var index = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "index.json")));
        var count = 0;
        foreach (var entry in index.RootElement.EnumerateObject())
        {
            var path = Path.Combine(folder, entry.Name);
            if (!entry.Name.EndsWith(".pt", StringComparison.Ordinal) || !File.Exists(path)) continue;
            count++;
            var must = entry.Value.GetProperty("must").GetString() == "accept";
            try
            {
                using var reader = CheckpointFiles.Of(path).Open(path);
                reader.Verify(TestContext.Current.CancellationToken);
                using var expected = CheckpointFiles.Of(path + ".expected.safetensors").Open(path);
                Check(entry.Name, expected, reader);
            }
            catch (InvalidModelException e) when (!must)
            {
                output.WriteLine($"refused, as allowed: {e.Message}");
            }
        }

        Assert.True(count > 20, $"only {count} files were there");
    }

    // Complex numbers are expected as pairs.
    private static void Check(string file, CheckpointReader expected, CheckpointReader actual)
    {
        Assert.Equal(expected.Tensors.Keys.Select(name => name.Replace("#re_im", string.Empty, StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            actual.Tensors.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, tensor) in actual.Tensors)
        {
            var other = expected.Tensors[tensor.DataType == TensorDataType.Complex64 ? name + "#re_im" : name];
            Assert.True(tensor.Shape.SequenceEqual(other.Shape.Take(tensor.Shape.Count)), $"{file}: {name} is [{string.Join(", ", tensor.Shape)}]");
            Assert.True(ReaderAssert.Bytes(actual, name).AsSpan().SequenceEqual(ReaderAssert.Bytes(expected, other.Name)), $"{file}: {name} differs");
            if (tensor.DataType is TensorDataType.Float32 or TensorDataType.BFloat16 or TensorDataType.Float16 or TensorDataType.Float64)
                ReaderAssert.CheckParts(actual, name, file);
        }
    }
}
