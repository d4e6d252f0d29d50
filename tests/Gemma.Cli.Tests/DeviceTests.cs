using System.Diagnostics;
using System.Text.Json;
using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Cli.Tests;

/// <summary><c>gemma info --devices</c>, and what happens when a device is asked for that is not there.</summary>
public sealed class DeviceTests(TinyGemma tiny)
{
    [Fact]
    public async Task Info_DevicesAsJson_NamesLibrariesAndWhatIsMissing()
    {
        var (exitCode, output, _) = await GemmaCommand.RunAsync(["info", "--devices", "--json"]);
        Assert.Equal(0, exitCode);
        using var document = JsonDocument.Parse(output);
        var root = document.RootElement;
        Assert.StartsWith("1.", root.GetProperty("onnxruntime").GetProperty("version").GetString(), StringComparison.Ordinal);
        Assert.Equal("cpu", root.GetProperty("devices")[0].GetProperty("device").GetString());
        Assert.InRange(root.GetProperty("devices")[0].GetProperty("threads").GetInt32(), 1,
            root.GetProperty("devices")[0].GetProperty("logical_processors").GetInt32());
        Assert.NotEmpty(root.GetProperty("devices")[0].GetProperty("threads_reason").GetString()!);
        var engine = root.GetProperty("genai");
        Assert.Equal(engine.GetProperty("cuda").GetBoolean(), engine.GetProperty("cuda_problems").GetArrayLength() == 0);
        Assert.NotEqual(engine.GetProperty("path").ValueKind == JsonValueKind.Null, engine.GetProperty("problem").ValueKind == JsonValueKind.Null);
    }

    [Fact]
    public async Task Info_DevicesAsTable_NamesTheEngines()
    {
        var (exitCode, output, _) = await GemmaCommand.RunAsync(["info", "--devices"]);
        Assert.Equal(0, exitCode);
        Assert.Contains("ONNX Runtime GenAI", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Info_NeitherFolderNorDevices_IsWrongUsage()
    {
        var (exitCode, _, error) = await GemmaCommand.RunAsync(["info"]);
        Assert.Equal(2, exitCode);
        Assert.Contains("--devices", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("onnxruntime")]
    [InlineData("genai")]
    public async Task Chat_CudaOnAMachineWithoutIt_FailsWithOneLineWithinASecond(string engine)
    {
        var (_, devices, _) = await GemmaCommand.RunAsync(["info", "--devices", "--json"]);
        Assert.SkipWhen(devices.Contains("\"device\":\"cuda\"", StringComparison.Ordinal), "this machine has a GPU");
        var package = await tiny.PackageAsync(ModelPrecision.Fp32);
        var watch = Stopwatch.StartNew();
        var (exitCode, _, error) = await GemmaCommand.RunAsync(["chat", package, "--engine", engine, "--device", "cuda"], "hello\n");
        Assert.Equal(1, exitCode);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("CUDA cannot be used", error, StringComparison.Ordinal);
        Assert.Contains("NVIDIA driver", error, StringComparison.Ordinal);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 5);
    }
}
