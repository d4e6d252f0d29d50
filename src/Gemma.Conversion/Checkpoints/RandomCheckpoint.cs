using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Checkpoints;

/// <summary>A checkpoint of random bfloat16 weights that takes no room on disk: for measuring speed and memory of a shape without its weights.</summary>
/// <remarks>The weights are the same whenever and in whatever order they are read. Safe for concurrent use.</remarks>
public sealed class RandomCheckpoint : CheckpointReader
{
    // Four bytes add up to nearly a normal distribution; this is their standard deviation.
    private const float ByteSumDeviation = 147.79f;
    private const float ByteSumMean = 510f;
    private const float VectorDeviation = 0.1f;
    private const uint BFloat16Mask = 0xFFFF0000;
    private const string Prefix = "model.";

    private readonly Dictionary<string, TensorInfo> _tensors = new(StringComparer.Ordinal);

    private RandomCheckpoint(GemmaConfig config)
    {
        Config = config;
        foreach (var tensor in config.Plan.Tensors()) Add(Prefix + tensor.Name, tensor.Shape);
        if (!config.Plan.TiesEmbedding) Add(config.Plan.LmHead.Name, config.Plan.LmHead.Shape);
    }

    /// <summary>The model's shape.</summary>
    public GemmaConfig Config { get; }

    /// <inheritdoc/>
    public override string Format => "random";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    /// <summary>Creates random weights for a shape.</summary>
    /// <param name="config">The shape.</param>
    public static RandomCheckpoint Create(GemmaConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new RandomCheckpoint(config);
    }

    /// <summary>Creates random weights for the shape of a released model.</summary>
    /// <param name="shape">"2b" or "7b" of Gemma 1, "2-2b" of Gemma 2, "3-270m", "3-1b" or "3-4b" of Gemma 3, "embedding" of EmbeddingGemma,
    /// "4-e2b", "4-e4b" or "4-12b" of Gemma 4, or "4-26b-a4b-mini": 6 of the 30 layers of Gemma 4's model of experts.</param>
    /// <exception cref="ArgumentException">The shape is another.</exception>
    public static RandomCheckpoint Create(string shape) => Create(ReleasedShapes.Create(shape));

    /// <inheritdoc/>
    public override void ReadRaw(string name, long start, Span<byte> destination)
    {
        var count = destination.Length / sizeof(ushort);
        var numbers = ArrayPool<float>.Shared.Rent(count);
        try
        {
            Read(name, start, numbers.AsSpan(0, count));
            var halves = MemoryMarshal.Cast<byte, ushort>(destination);
            for (var i = 0; i < count; i++) halves[i] = (ushort)(BitConverter.SingleToUInt32Bits(numbers[i]) >> 16);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(numbers);
        }
    }

    /// <inheritdoc/>
    public override void Read(string name, long start, Span<float> destination)
    {
        var shape = _tensors[name].Shape;

        // Sums over a row keep the size of their terms, as in a trained model.
        if (shape is [1])
        {
            // What a whole stream is multiplied by must not make it vanish.
            destination.Fill(1);
            return;
        }

        var factor = (shape.Count == 1 ? VectorDeviation : 1 / MathF.Sqrt(shape[^1])) / ByteSumDeviation;
        var seed = Seed(name);
        var index = Vector256.Create((uint)start) + Vector256<uint>.Indices;
        while (destination.Length >= Vector256<float>.Count)
        {
            Generate(index, seed, factor).CopyTo(destination);
            destination = destination[Vector256<float>.Count..];
            index += Vector256.Create((uint)Vector256<uint>.Count);
        }

        Span<float> rest = stackalloc float[Vector256<float>.Count];
        Generate(index, seed, factor).CopyTo(rest);
        rest[..destination.Length].CopyTo(destination);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }

    // A hash of the element's index (Wellons' lowbias32), whose four bytes are summed up.
    private static Vector256<float> Generate(Vector256<uint> index, ulong seed, float factor)
    {
        var hash = index + Vector256.Create((uint)seed);
        hash = (hash ^ (hash >>> 16)) * Vector256.Create(0x7FEB352Du);
        hash = (hash ^ (hash >>> 15) ^ Vector256.Create((uint)(seed >> 32))) * Vector256.Create(0x846CA68Bu);
        hash ^= hash >>> 16;
        var pairs = (hash & Vector256.Create(0x00FF00FFu)) + ((hash >>> 8) & Vector256.Create(0x00FF00FFu));
        var sums = Vector256.ConvertToSingle(((pairs & Vector256.Create(0xFFFFu)) + (pairs >>> 16)).AsInt32());
        var values = (sums - Vector256.Create(ByteSumMean)) * Vector256.Create(factor);
        return (values.AsUInt32() & Vector256.Create(BFloat16Mask)).AsSingle();
    }

    // FNV-1a.
    private static ulong Seed(string name)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var character in name) hash = (hash ^ character) * 0x100000001B3;
        return hash;
    }

    private void Add(string name, IReadOnlyList<long> shape) => _tensors.Add(name, new TensorInfo(name, TensorDataType.BFloat16, shape));
}
