using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Graph.Onnx;
using Gemma.Conversion.Quantization;
using Gemma.Runtime.Models;
using Gemma.Tests;
using Google.Protobuf;

namespace Gemma.Conversion.Tests.Packaging;

/// <summary>
/// Packages of Gemma 1 keep every byte: graph, weights, configurations and manifest are compared with recorded hashes, so that a change of the converter
/// shows what it changes. A change that is meant replaces the recorded lines by those in the failures.
/// </summary>
public sealed class PackageHashTests
{
    private const int HashDigits = 12;

    private static readonly string Recorded = Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Conversion.Tests", "Packaging", "package-hashes.txt");

    private static readonly (string Name, ConversionOptions Options)[] Settings =
    [
        ("fp32", new ConversionOptions { Precision = ModelPrecision.Fp32 }),
        ("fp16", new ConversionOptions { Precision = ModelPrecision.Fp16 }),
        ("bf16", new ConversionOptions { Precision = ModelPrecision.Bf16 }),
        ("int8", new ConversionOptions { Precision = ModelPrecision.Int8 }),
        ("int4", new ConversionOptions { Precision = ModelPrecision.Int4 }),
        ("w8a8", new ConversionOptions { Precision = ModelPrecision.W8A8 }),
        ("int4-zero-points", new ConversionOptions
        {
            Precision = ModelPrecision.Int4,
            BlockSize = 128,
            ZeroPoints = true,
            LmHeadBits = 8,
            Prefill = ModelPrecision.W8A8,
        }),
        ("bf16-cuda", new ConversionOptions { Precision = ModelPrecision.Bf16, Target = ConversionTarget.Cuda }),
        ("int4-cuda", new ConversionOptions { Precision = ModelPrecision.Int4, Target = ConversionTarget.Cuda, Scales = ScaleChoice.AbsMax }),
    ];

    public static TheoryData<string> Names => [.. File.ReadLines(Recorded).Select(line => line[..line.IndexOf(' ', StringComparison.Ordinal)])];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task ConvertAsync_EveryPrecision_WritesTheRecordedBytes(string name)
    {
        var hashes = new List<string>();
        foreach (var (setting, options) in Settings) hashes.Add($"{setting}={await ConvertAsync(name, options)}");
        var recorded = File.ReadLines(Recorded).First(line => line.StartsWith(name + ' ', StringComparison.Ordinal));
        var written = $"{name} {string.Join(' ', hashes)}";
        Assert.True(written == recorded, $"recorded: {recorded}\nwritten:  {written}");
    }

    private static async Task<string> ConvertAsync(string name, ConversionOptions options)
    {
        if (name == "random")
        {
            var shape = TestShape.Create(99, 32, 64, 2, (2, 1), 16, 64, ", \"attention_bias\": true, \"tie_word_embeddings\": false");
            using var tensors = RandomCheckpoint.Create(shape);
            await using var random = await ConvertedPackage.CreateAsync(tensors, shape, options);
            return await HashAsync(Path.Combine(random.Folder, "package"));
        }

        if (name == "tiny-gemma-it")
        {
            options = options with
            {
                Heads = [new HeadSource(Path.Combine(SharedData.RepositoryRoot, "samples", "models", "topics")),
                    new HeadSource(Path.Combine(SharedData.RepositoryRoot, "samples", "models", "reward"))],
            };
        }
        await using var package = await ConvertedPackage.CreateAsync(Find(name), options);
        return await HashAsync(Path.Combine(package.Folder, "package"));
    }

    private static string Find(string name)
    {
        string[] places = [Path.Combine("samples", "models"), Path.Combine("tests", "Gemma.Conversion.Tests", "Goldens"),
            Path.Combine("tests", "Gemma.Conversion.Tests", "Goldens", "formats")];
        return places.Select(place => Path.Combine(SharedData.RepositoryRoot, place, name)).FirstOrDefault(Directory.Exists)
            ?? SharedData.Require("goldens", name);
    }

    // The converter's version does not count.
    private static async Task<string> HashAsync(string package)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in Directory.EnumerateFiles(package, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetRelativePath(package, path).Replace('\\', '/') + '\n'));
            var content = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
            hash.AppendData(Path.GetExtension(path) == ".onnx"
                ? WithoutVersion(content)
                : Path.GetFileName(path) == PackageManifest.FileName ? WithoutVersionAndFiles(content) : content);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..HashDigits];
    }

    private static byte[] WithoutVersion(byte[] content)
    {
        var model = ModelProto.Parser.ParseFrom(content);
        model.ProducerVersion = string.Empty;
        return model.ToByteArray();
    }

    private static byte[] WithoutVersionAndFiles(byte[] content)
    {
        var manifest = JsonNode.Parse(content)!.AsObject();
        foreach (var key in manifest.Select(pair => pair.Key)
            .Where(key => key.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant() is "CONVERTERVERSION" or "FILES").ToArray()) manifest.Remove(key);
        return Encoding.UTF8.GetBytes(manifest.ToJsonString());
    }
}
