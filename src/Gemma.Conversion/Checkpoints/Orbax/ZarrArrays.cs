using System.Text.Json;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Json;

namespace Gemma.Conversion.Checkpoints.Orbax;

/// <summary>
/// Opens the arrays of a store: zarr, version 2, compressed with Zstandard, split along the first dimension at most. Source: the zarr v2 specification.
/// </summary>
internal sealed class ZarrArrays(string path, IKeyValueStore store, TensorArchive archive)
{
    private const string MetadataSuffix = "/.zarray";
    private const int MaxMetadataBytes = 1 << 16;
    private const int MaxRank = 16;
    private const int MaxChunks = 1 << 16;

    /// <exception cref="InvalidModelException">An array is malformed, incomplete or stored in another way.</exception>
    public void Open()
    {
        foreach (var key in store.Keys.Where(key => key.EndsWith(MetadataSuffix, StringComparison.Ordinal)))
            OpenArray(key[..^MetadataSuffix.Length], store.Find(key)!);
        if (archive.Tensors.Count == 0) throw new InvalidModelException(path, null, "the checkpoint holds no arrays");
    }

    private static JsonDocument Parse(string path, string name, ByteSource source)
    {
        if (source.Length > MaxMetadataBytes) throw new InvalidModelException(path, name, "the description is too long");
        var bytes = new byte[source.Length];
        source.Read(0, bytes);
        try
        {
            return WellFormedJson.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new InvalidModelException(path, name, "the description is not valid JSON", e);
        }
    }

    private void OpenArray(string name, ByteSource metadata)
    {
        using var document = Parse(path, name, metadata);
        var json = JsonSection.Root(path, document);
        if (json.Int("zarr_format", null, 2, 2) != 2 || json.Text("order") != "C" || json.Has("filters") || json.Section("compressor")?.Text("id") != "zstd")
        {
            throw new InvalidModelException(path, name,
                "the array is stored in a way that Gemma checkpoints are not: zarr 2, order C, zstd and no filters are expected");
        }
        var (type, itemSize) = json.Text("dtype") switch
        {
            "bfloat16" => (TensorDataType.BFloat16, 2),
            "<f4" => (TensorDataType.Float32, 4),
            "<f2" => (TensorDataType.Float16, 2),
            var other => throw new InvalidModelException(path, name, $"the type '{other}' is not supported"),
        };
        var (shape, chunks) = (Sizes(document, name, "shape"), Sizes(document, name, "chunks"));
        if (shape.Length is 0 or > MaxRank
            || shape.Length != chunks.Length
            || shape.Any(size => size == 0)
            || chunks.Any(size => size == 0)
            || !shape.AsSpan(1).SequenceEqual(chunks.AsSpan(1)))
        {
            throw new InvalidModelException(path, name,
                $"chunks [{string.Join(", ", chunks)}] of shape [{string.Join(", ", shape)}] are not supported: only the first dimension may be split");
        }
        Int128 bytes = itemSize;
        foreach (var size in shape) bytes = bytes > long.MaxValue ? bytes : bytes * size;
        Int128 chunkBytes = itemSize;
        foreach (var size in chunks) chunkBytes = chunkBytes > long.MaxValue ? chunkBytes : chunkBytes * size;
        var count = ((shape[0] - 1) / chunks[0]) + 1;
        if (bytes > long.MaxValue || chunkBytes > long.MaxValue || count > MaxChunks)
            throw new InvalidModelException(path, name, $"the shape [{string.Join(", ", shape)}] is impossible");

        // Every chunk is stored whole, the last one too; what is beyond the shape is never read.
        var separator = json.Text("dimension_separator") ?? ".";
        var rest = string.Concat(Enumerable.Repeat(separator + "0", shape.Length - 1));
        List<ByteSource> parts = [];
        for (var i = 0L; i < count; i++)
        {
            var key = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name}/{i}{rest}");
            var part = new DecompressedSource(path, name, store.Find(key)
                ?? throw new InvalidModelException(path, key, "the array's data is missing; the checkpoint is incomplete, download it again"),
                (long)chunkBytes);
            archive.Files.Add(part);
            parts.Add(part);
        }

        archive.Tensors.Add(name, StridedTensor.Contiguous(parts is [var single] ? single : new JoinedRegions(parts), type, shape));
    }

    private long[] Sizes(JsonDocument document, string name, string key) =>
        document.RootElement.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray()
                .Select(size => size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out var number) && number >= 0
                    ? number
                    : throw new InvalidModelException(path, name, $"{key} is malformed"))]
            : throw new InvalidModelException(path, name, $"{key} is missing");
}
