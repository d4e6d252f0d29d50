using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Gemma.Tests.Hub;

/// <summary>A model on the test's hub: files in memory, hashed as git and Git LFS hash them.</summary>
internal sealed class HubServerModel
{
    public const string Name = "google/gemma-test";

    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, byte[]> Files => _files;

    /// <summary>A name for exactly this content.</summary>
    public string Commit =>
        Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.SHA1,
            Encoding.UTF8.GetBytes(string.Join('\n',
                _files.Select(file => $"{file.Key} {Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.SHA1, file.Value))}")))));

    /// <summary>A model of two shards with what belongs to it, and much that no conversion needs.</summary>
    public static HubServerModel Create(int shardBytes = 300_000)
    {
        var model = new HubServerModel();
        model.Set("config.json", """{"model_type": "gemma"}""").Set("generation_config.json", "{}").Set("tokenizer.json", new string('t', 20_000))
            .Set("tokenizer_config.json", "{ }");
        model.Set("model.safetensors.index.json",
            """{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors", "c": "model-00001-of-00002.safetensors"}}""");
        model.Set("model-00001-of-00002.safetensors", Bytes(1, shardBytes)).Set("model-00002-of-00002.safetensors", Bytes(2, shardBytes / 2));
        model.Set("README.md", "licence").Set("gemma-test.gguf", Bytes(3, 1000)).Set("original/model.ckpt", Bytes(4, 1000))
            .Set("model.fp16.safetensors", Bytes(5, 1000)).Set("pytorch_model.bin", Bytes(6, 1000)).Set("onnx/model.onnx", Bytes(7, 1000));
        return model;
    }

    /// <summary>The files of a folder.</summary>
    public static HubServerModel Of(string folder)
    {
        var model = new HubServerModel();
        foreach (var path in Directory.EnumerateFiles(folder)) model.Set(Path.GetFileName(path), File.ReadAllBytes(path));
        return model;
    }

    public static byte[] Bytes(int seed, int count)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static bool IsLarge(string path) => Path.GetExtension(path) is ".safetensors" or ".bin" or ".gguf" or ".ckpt" or ".onnx" or ".model";

    public HubServerModel Set(string path, string text) => Set(path, Encoding.UTF8.GetBytes(text));

    public HubServerModel Set(string path, byte[] content)
    {
        _files[path] = content;
        return this;
    }

    public HubServerModel Remove(string path)
    {
        _files.Remove(path);
        return this;
    }

    /// <summary>The name of the content: SHA-256 of large files, git's SHA-1 of others.</summary>
    public string Etag(string path) => Convert.ToHexStringLower(IsLarge(path) ? SHA256.HashData(_files[path]) : GitHash(_files[path]));

    /// <summary>Git's SHA-1 of the file, or of the pointer to a large one.</summary>
    public string BlobId(string path) =>
        Convert.ToHexStringLower(IsLarge(path)
            ? GitHash(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $"version https://git-lfs.github.com/spec/v1\noid sha256:{Etag(path)}\nsize {_files[path].Length}\n")))
            : GitHash(_files[path]));

    private static byte[] GitHash(byte[] content) =>
        CryptographicOperations.HashData(HashAlgorithmName.SHA1,
            [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0")), .. content]);
}
