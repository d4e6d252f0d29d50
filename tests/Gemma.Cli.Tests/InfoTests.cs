using System.Text.Json;
using Gemma.Runtime.Models;
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
    public async Task Info_GgufFile_NamesItsBlocks()
    {
        var info = await InfoAsync(SharedData.Require("goldens-gguf", "models", "tiny-gemma-it-Q4_K_M", "model.gguf"), "--context", "100");
        Assert.Equal(("checkpoint", "gguf", "GemmaForCausalLM"), (Text(info, "kind"), Text(info, "format"), Text(info, "architecture")));
        Assert.Equal(Parameters, info.GetProperty("parameters").GetInt64());
        Assert.Equal("keep", Text(info, "default_precision"));
        Assert.Equal(["q8_0", "q5_0", "q4_k", "q6_k", "float32"],
            info.GetProperty("data_types").EnumerateArray().Select(type => type.GetString())
                .OrderBy(type => Array.IndexOf(["q8_0", "q5_0", "q4_k", "q6_k", "float32"], type)));
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
    public async Task Info_QuantizedPackage_SaysHowItWasMade()
    {
        using var folder = new TemporaryPackage();
        var checkpoint = Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Conversion.Tests", "Goldens", "gemma1-mqa");
        await folder.ConvertAsync(checkpoint, "--precision", "int4", "--block-size", "64", "--zero-points", "--scales", "absmax", "--calibrate", "self",
            "--prefill", "w8a8", "--prepack");
        var info = await InfoAsync(folder.Path);
        Assert.Equal(("absmax", "self", "w8a8"), (Text(info, "scales"), Text(info, "calibration"), Text(info, "prefill")));
        Assert.True(info.GetProperty("zero_points").GetBoolean());
        Assert.StartsWith("onnxruntime 1.", Text(Assert.Single(info.GetProperty("prepacked").EnumerateArray()), "library"), StringComparison.Ordinal);
        var (_, table, _) = await GemmaCommand.RunAsync(["info", folder.Path]);
        Assert.Contains("int4, blocks of 64 with zero points, scales by absmax, calibrated with self",
            string.Join(' ', table.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Info_TiedConfigAndTwoHeads_CountsBothHeads()
    {
        using var folder = new TemporaryPackage();
        var checkpoint = SharedData.Require("goldens", "gemma1-tied-but-two-heads");
        await folder.ConvertAsync(checkpoint, "--precision", "fp32");
        var parameters = (await InfoAsync(checkpoint)).GetProperty("parameters").GetInt64();
        Assert.Equal(parameters, (await InfoAsync(folder.Path)).GetProperty("parameters").GetInt64());
        Assert.InRange(new FileInfo(Path.Combine(folder.Path, "model.onnx.data")).Length, parameters * sizeof(float), 2 * parameters * sizeof(float));
    }

    [Fact]
    public async Task Info_ChangedPackage_IsRefusedByVerify()
    {
        var folder = Directory.CreateTempSubdirectory("gemma-info-").FullName;
        try
        {
            foreach (var file in Directory.GetFiles(await tiny.PackageAsync(ModelPrecision.Int8)))
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
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

    private sealed class TemporaryPackage : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gemma-info-");

        public string Path => System.IO.Path.Combine(_folder.FullName, "package");

        public async Task ConvertAsync(string checkpoint, params string[] options)
        {
            var (exitCode, _, error) = await GemmaCommand.RunAsync(["convert", checkpoint, "--output", Path, .. options]);
            Assert.True(exitCode == 0, error);
        }

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
