using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Checkpoints.Adapters;
using Gemma.Conversion.Checkpoints.Gguf;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Fuzz.Mutations;

namespace Gemma.Fuzz.Targets;

/// <summary>Every container of checkpoints: opened, checked, and every tensor read.</summary>
internal static class CheckpointTargets
{
    private const string Goldens = "tests/Gemma.Conversion.Tests/Goldens/";
    private const string AdapterConfig =
        """{"peft_type":"LORA","r":4,"lora_alpha":8.5,"target_modules":["q_proj","v_proj"],"modules_to_save":["score"],"alpha_pattern":{"q_proj":16},"rank_pattern":{},"bias":"none","use_rslora":true,"fan_in_fan_out":false}""";

    public static IEnumerable<FuzzTarget> Create(WorkFolder work)
    {
        yield return Of(work, "safetensors", "cls-3", "model.safetensors", SafetensorsMutator.Mutate);
        yield return Of(work, "config", "cls-3", "config.json");
        yield return Of(work, "torch-index", "formats/pickle/hf-bin-bf16-sharded", "pytorch_model.bin.index.json");
        yield return Of(work, "torch-zip", "formats/pickle/hf-bin-bf16-sharded", "pytorch_model-00001-of-00003.bin", ZipMutator.Mutate);
        yield return Of(work, "google-zip", "formats/gckpt/2b-bf16-zip", "2b-bf16-zip.ckpt", ZipMutator.Mutate);
        yield return Of(work, "google-int8", "formats/gckpt/2b-int8-f32scaler", "2b-int8-f32scaler.ckpt", ZipMutator.Mutate);
        yield return Of(work, "flax", "formats/flax/mqa-bf16", "flax_model.msgpack");
        yield return Of(work, "flax-index", "formats/flax/mqa-bf16-chunked-sharded", "flax_model.msgpack.index.json");
        yield return new FileTarget("adapter-config", work.Write("adapter-config", "adapter_config.json", AdapterConfig), "adapter_config.json",
            folder => LoraConfig.Load(Path.Combine(folder, "adapter_config.json")));
        yield return new FileTarget("gguf", work.Copy("gguf", Goldens + "gguf/format/base"), "model.gguf", folder => Read(Path.Combine(folder, "model.gguf")));
        yield return new FileTarget("gguf-tokenizer", work.Copy("gguf-tokenizer", Goldens + "gguf/hostile/vocab-score-nan"), "model.gguf",
            folder => GgufModel.LoadTokenizer(Path.Combine(folder, "model.gguf")));
        yield return new FileTarget("gguf-blocks", work.Copy("gguf-blocks", Goldens + "gguf/types"), "blocks.gguf",
            folder => ReadBlocks(Path.Combine(folder, "blocks.gguf")));
        yield return new FileTarget("gguf-adapter", work.Copy("gguf-adapter", Goldens + "gguf/lora/hostile/alpha-missing"), "adapter.gguf",
            folder => LoraAdapter.Open(Path.Combine(folder, "adapter.gguf")).Dispose());
        foreach (var (name, folder) in ((string, string)[])[("orbax-ocdbt", "formats/orbax/2b-bf16-ocdbt"), ("orbax-zarr", "formats/orbax/2b-bf16-zarr")])
        {
            var copy = work.Copy(name, Goldens + folder);
            string[] files = [.. Directory.EnumerateFiles(Path.Combine(copy, "checkpoint"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
            yield return new FolderTarget(name, copy, files, Read);
        }
    }

    private static FileTarget Of(WorkFolder work, string name, string folder, string file, Func<Random, byte[], byte[]>? mutate = null) =>
        new(name, work.Copy(name, Goldens + folder), file, Read, mutate);

    private static void ReadBlocks(string path)
    {
        using var file = GgufFile.Open(path);
        var values = new float[1024];
        foreach (var tensor in file.Tensors.Values.Where(tensor => tensor.Type is { Problem: null, Elements: > 1 }))
        {
            var stored = file.OpenTensor(tensor);
            stored.Read(0, values.AsSpan(0, (int)Math.Min(values.Length, stored.Shape.Aggregate(1L, (product, size) => product * size))));
        }
    }

    private static void Read(string path)
    {
        using var checkpoint = CheckpointFolder.Open(path);
        checkpoint.LoadConfig(null);
        checkpoint.Reader.Verify(CancellationToken.None);
        var buffer = new byte[1 << 16];
        foreach (var (name, tensor) in checkpoint.Reader.Tensors)
        {
            var bytes = tensor.ElementCount * ElementSize.Of(tensor.DataType);
            for (var start = 0L; start < bytes; start += buffer.Length)
                checkpoint.Reader.ReadRaw(name, start / ElementSize.Of(tensor.DataType), buffer.AsSpan(0, (int)Math.Min(buffer.Length, bytes - start)));
        }
    }
}
