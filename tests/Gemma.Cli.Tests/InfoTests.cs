using System.Text.Json;
using Gemma.Conversion.Packaging;
using Gemma.Tests;

namespace Gemma.Cli.Tests;

/// <summary><c>gemma info</c> describes checkpoints and packages without running them.</summary>
public sealed class InfoTests(TinyGemma tiny)
{
    private const long Parameters = 2459328;

    [Fact]
    public async Task Info_CheckpointAsJson_HasShapeSizesAndMemory()
    {
        var info = await InfoAsync(TinyGemma.Checkpoint, "--context", "100");
        Assert.Equal(("checkpoint", "safetensors", "GemmaForCausalLM"), (Text(info, "kind"), Text(info, "format"), Text(info, "architecture")));
        Assert.Equal(Parameters, info.GetProperty("parameters").GetInt64());
        Assert.Empty(info.GetProperty("heads").EnumerateArray());
        Assert.Equal(["fp32", "fp16", "bf16", "int8", "int4", "w8a8"], info.GetProperty("bytes").EnumerateObject().Select(size => size.Name));
        Assert.InRange(info.GetProperty("bytes").GetProperty("fp32").GetInt64(), Parameters * sizeof(float), (Parameters + 250_000) * sizeof(float));
        var memory = info.GetProperty("memory");
        Assert.Equal(100, memory.GetProperty("context").GetInt32());
        Assert.Equal(2 * 4 * 64 * sizeof(float) * 100, memory.GetProperty("key_value_cache_bytes").GetInt64());
    }

    [Fact]
    public async Task Info_PackageAsJson_HasPrecisionAndHashes()
    {
        var package = await tiny.PackageAsync(ModelPrecision.Int8);
        var info = await InfoAsync(package, "--verify");
        Assert.Equal(("package", "int8", "GemmaForCausalLM"), (Text(info, "kind"), Text(info, "precision"), Text(info, "architecture")));
        Assert.Equal(Parameters, info.GetProperty("parameters").GetInt64());
        Assert.True(info.GetProperty("verified").GetBoolean());
        Assert.All(info.GetProperty("files").EnumerateArray(), file => Assert.Equal(64, file.GetProperty("sha256").GetString()!.Length));
        Assert.Equal(new FileInfo(Path.Combine(package, "model.onnx.data")).Length, info.GetProperty("bytes").GetProperty("int8").GetInt64());
    }

    [Fact]
    public async Task Info_ChangedPackage_IsRefusedByVerify()
    {
        var folder = Directory.CreateTempSubdirectory("gemma-info-").FullName;
        try
        {
            foreach (var file in Directory.GetFiles(await tiny.PackageAsync(ModelPrecision.Int8))) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            var weights = Path.Combine(folder, "model.onnx.data");
            await using (var stream = File.OpenWrite(weights))
            {
                stream.Position = stream.Length / 2;
                stream.WriteByte(0x55);
                stream.WriteByte(0x56);
            }

            var (exitCode, _, error) = await GemmaCommand.RunAsync(["info", folder, "--verify"]);
            Assert.Equal(2, exitCode);
            Assert.Contains("model.onnx.data", error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Info_AsTable_NamesTheModel()
    {
        var (exitCode, output, _) = await GemmaCommand.RunAsync(["info", TinyGemma.Checkpoint]);
        Assert.Equal(0, exitCode);
        Assert.Contains("GemmaForCausalLM", output, StringComparison.Ordinal);
        Assert.Contains("2,459,328", output, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> InfoAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await GemmaCommand.RunAsync(["info", .. arguments, "--json"]);
        Assert.True(exitCode == 0, error);
        using var document = JsonDocument.Parse(Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        return document.RootElement.Clone();
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
