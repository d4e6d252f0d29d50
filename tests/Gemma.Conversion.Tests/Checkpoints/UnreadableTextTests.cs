using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Checkpoints.Adapters;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Tests.Checkpoints;

/// <summary>Headers, indexes and configurations with texts that cannot be read, and files that are none, are refused as any other damage.</summary>
public sealed class UnreadableTextTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-text-").FullName;

    public static TheoryData<string> Texts => ["\\ud800", "raw bytes"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Texts))]
    public void Open_AnyTextOrName_IsAnInvalidModel(string text)
    {
        foreach (var json in (string[])["""{"*":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""",
            """{"a":{"dtype":"*","shape":[0],"data_offsets":[0,0]}}""", """{"__metadata__":{"*":"a"}}""", """{"__metadata__":{"a":"*"}}"""])
        {
            var header = Bytes(json, text);
            var prefix = new byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
            Write("model.safetensors", [.. prefix, .. header]);
            Assert.Throws<InvalidModelException>(() => CheckpointFolder.Open(_folder));
        }

        File.Delete(Path.Combine(_folder, "model.safetensors"));
        foreach (var json in (string[])["""{"weight_map":{"*":"model.safetensors"}}""", """{"weight_map":{"a":"*"}}""", """{"weight_map":{"a":"\u0000*"}}"""])
        {
            Write("model.safetensors.index.json", Bytes(json, text));
            Assert.Throws<InvalidModelException>(() => CheckpointFolder.Open(_folder));
        }

        foreach (var json in (string[])["""{"peft_type":"LORA","r":1,"*":1}""", """{"peft_type":"LORA","r":1,"alpha_pattern":{"*":1}}""",
            """{"peft_type":"LORA","r":1,"init_lora_weights":"*"}"""])
        {
            Write(LoraConfig.FileName, Bytes(json, text));
            Assert.Throws<InvalidModelException>(() => LoraConfig.Load(Path.Combine(_folder, LoraConfig.FileName)));
        }
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("config.json")]
    [InlineData("tokenizer_config.json")]
    public async Task ConvertAsync_NamedPipe_IsRefusedAndNotWaitedFor(string file)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "named pipes in folders are noticed on Linux only");
        var checkpoint = Path.Combine(_folder, "checkpoint");
        Directory.CreateDirectory(checkpoint);
        foreach (var source in Directory.EnumerateFiles(Gemma.Tests.TinyGemma.Checkpoint))
            File.Copy(source, Path.Combine(checkpoint, Path.GetFileName(source)));
        File.Delete(Path.Combine(checkpoint, file));
        using (var process = Process.Start("mkfifo", Path.Combine(checkpoint, file))) await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var options = new ConversionOptions { Precision = ModelPrecision.Fp32 };
        foreach (var convert in (Func<Task>[])
            [() => new CheckpointConverter().ConvertAsync(checkpoint, Path.Combine(_folder, "package"), options, null, TestContext.Current.CancellationToken),
            () => new PackageCache(Path.Combine(_folder, "cache")).GetPackageAsync(checkpoint, options, TestContext.Current.CancellationToken)])
        {
            var error = await Assert.ThrowsAsync<InvalidModelException>(convert).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
            Assert.Contains("pipe", error.Message, StringComparison.Ordinal);
        }
    }

    private static byte[] Bytes(string json, string text)
    {
        var at = json.IndexOf('*', StringComparison.Ordinal);
        return [.. Encoding.UTF8.GetBytes(json[..at]), .. text == "raw bytes"
            ? [(byte)'a', 0xff]
            : Encoding.UTF8.GetBytes(text), .. Encoding.UTF8.GetBytes(json[(at + 1)..])];
    }

    private void Write(string file, byte[] content) => File.WriteAllBytes(Path.Combine(_folder, file), content);
}
