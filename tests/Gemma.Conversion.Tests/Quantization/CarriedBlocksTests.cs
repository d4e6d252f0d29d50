using Gemma.Conversion.Checkpoints.Gguf;
using Gemma.Conversion.Quantization;
using Gemma.Conversion.Tests.Checkpoints.Gguf;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Models;
using Gemma.Tests;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Tests.Quantization;

/// <summary>Blocks of a GGUF file are taken over into a package without a second loss.</summary>
public sealed class CarriedBlocksTests(ITestOutputHelper output) : IDisposable
{
    // Weights are equal, so what is left is the kernel's: it quantises activations to 8 bits in every integer package.
    private const double KernelTolerance = 0.02;

    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-carried-").FullName;

    public static TheoryData<string> Models =>
    [
        .. Directory.GetFiles(Path.Combine(GgufGoldens.Root, "types"), "*.gguf").Select(path => Path.GetFileName(path)!)
            .Where(name => name[0] is 'q' or 't' || name.StartsWith("iq4", StringComparison.Ordinal) || name == "mxfp4.gguf").Order(StringComparer.Ordinal),
    ];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Plan_BlocksOfEveryType_StandForTheSameWeights()
    {
        using var shards = GgufShards.Open(Path.Combine(GgufGoldens.Root, "types", "blocks.gguf"));
        var readable = shards.Tensors.Where(tensor => tensor.Type.Blocks is not null).ToList();
        using var reader = new GgufReader(shards, readable.ToDictionary(tensor => tensor.Name, tensor => shards.Open(tensor)));
        foreach (var (name, info) in reader.Tensors)
        {
            var type = info.BlockType!;
            var source = new RowSource(info);
            var plan = new WeightPlan();
            var matrix = CarriedRowsTask.Plan(plan, name, source, type, DataType.Float);
            var path = Path.Combine(_folder, name);
            using (var file = new WeightFile(path, plan.Length))
            {
                foreach (var task in plan.Tasks) task.Run(reader, file);
            }

            var expected = new float[info.ElementCount];
            reader.Read(name, 0, expected);
            var bytes = File.ReadAllBytes(path);
            var actual = new float[expected.Length];
            var format = new QuantizationFormat(type.CodeBits, type.Group, ZeroPoints: false);
            BlockDequantizer.Dequantize(Bytes(matrix.Packed), Floats(matrix.Scales), [], format, source.Width, actual);
            if (matrix.Offsets is { } offsets)
            {
                for (var i = 0; i < actual.Length; i++) actual[i] += Floats(offsets)[i / type.Group];
            }

            for (var i = 0; i < expected.Length; i++)
            {
                // An offset is one more rounding.
                var allowed = type.HasMinimum ? 4e-7f * (MathF.Abs(expected[i]) + (MathF.Abs(Floats(matrix.Scales)[i / type.Group]) * 32)) : 0;
                Assert.True(MathF.Abs(expected[i] - actual[i]) <= allowed, $"{name}: element {i} is {actual[i]:R} instead of {expected[i]:R}");
            }

            ReadOnlySpan<byte> Bytes(ExternalTensor tensor) => bytes.AsSpan((int)tensor.Offset, (int)tensor.Length);
            ReadOnlySpan<float> Floats(ExternalTensor tensor) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(Bytes(tensor));
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task ConvertAsync_Keep_LosesOnlyWhatTheKernelDoes(string name)
    {
        var file = Path.Combine(GgufGoldens.Root, "types", name);
        var exact = await LogitsAsync(file, ModelPrecision.Fp32);
        var (logits, manifest) = await LogitsAndManifestAsync(file, new ConversionOptions());
        var relative = Relative(exact, logits);
        output.WriteLine($"{name}: {relative:P3}; {string.Join("; ", manifest.Weights!)}");
        Assert.Equal("keep", manifest.Precision);
        Assert.All(manifest.Weights!, matrices => Assert.True(matrices.IsExact, matrices.ToString()));
        Assert.InRange(relative, 0, KernelTolerance);
    }

    [Theory]
    [InlineData("tiny-gemma-it-Q4_0", 0.02)]
    [InlineData("tiny-gemma-it-Q4_K_M", 0.02)]
    public async Task ConvertAsync_KeepOfATrainedModel_HasAlmostItsLogits(string name, double tolerance)
    {
        var file = Path.Combine(SharedData.Require("goldens-gguf", "models", name), "model.gguf");
        var relative = Relative(await LogitsAsync(file, ModelPrecision.Fp32), await LogitsAsync(file, ModelPrecision.Keep));
        output.WriteLine($"{name}: {relative:P3}");
        Assert.InRange(relative, 0, tolerance);
    }

    [Fact]
    public async Task ConvertAsync_Int4_TakesOnlyBlocksOfFourBits()
    {
        var file = Path.Combine(SharedData.Require("goldens-gguf", "models", "tiny-gemma-it-Q4_0"), "model.gguf");
        var (_, manifest) = await LogitsAndManifestAsync(file, new ConversionOptions { Precision = ModelPrecision.Int4 });
        Assert.Contains(manifest.Weights!, matrices => matrices is { Source: "q4_0", IsExact: true, Stored: "int4, blocks of 32" });
        Assert.Contains(manifest.Weights!, matrices => matrices is { Source: "q8_0", IsExact: false, Stored: "int4, blocks of 32" });
    }

    [Fact]
    public async Task ConvertAsync_KeepWithAdapter_QuantisesWhatItChangesInEightBits()
    {
        var file = Path.Combine(SharedData.Require("goldens-gguf", "models", "tiny-gemma-it-Q4_0"), "model.gguf");
        var (_, manifest) = await LogitsAndManifestAsync(file, new ConversionOptions
        {
            LoraPath = SharedData.Require("goldens-gguf", "lora", "lora-pirate-f32.gguf"),
        });
        Assert.All(manifest.Weights!.Where(matrices => matrices.Matrix != "lm_head"),
            matrices => Assert.Equal("int8, blocks of 32 with zero points", matrices.Stored));
        Assert.Contains(manifest.Weights!, matrices => matrices is { Matrix: "lm_head", Source: "q8_0", IsExact: true });
    }

    private static async Task<float[]> LogitsAsync(string file, ModelPrecision precision) =>
        (await LogitsAndManifestAsync(file, new ConversionOptions { Precision = precision })).Logits;

    private static async Task<(float[] Logits, PackageManifest Manifest)> LogitsAndManifestAsync(string file, ConversionOptions options)
    {
        await using var package = await ConvertedPackage.CreateAsync(file, options);
        using var engine = await package.OpenAsync();
        using var sequence = engine.CreateSequence();
        int[] ids = [2, .. Enumerable.Range(0, 15).Select(i => 10 + (i * 13))];
        engine.Run([new EngineInput(sequence, ids, ids.Length)], TestContext.Current.CancellationToken);
        var manifest = (await ModelPackage.OpenAsync(Path.Combine(package.Folder, "package"), verify: false, TestContext.Current.CancellationToken)).Manifest!;
        return (sequence.Logits.ToArray(), manifest);
    }

    private static double Relative(float[] expected, float[] actual) =>
        Math.Sqrt(expected.Zip(actual, (e, a) => Math.Pow(e - a, 2)).Sum() / expected.Sum(e => Math.Pow(e, 2)));
}
