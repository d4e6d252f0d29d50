using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts;
using Gemma.Tokenization;

namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>A GGUF file that holds a model: weights, configuration and tokenizer. Whoever takes the reader disposes of it.</summary>
internal sealed class GgufModel
{
    private GgufModel(GgufShards shards, List<string> unknown)
    {
        var architecture = GgufArchitecture.Of(shards.Metadata);
        var config = GgufConfig.Read(shards, architecture);
        Reader = new GgufReader(shards, GgufLayout.Map(shards, architecture, config, unknown));
        Files = new GgufFiles(shards.Metadata, config.ToJson(), new GgufEmbedder(shards, architecture));
        UnknownTensors = unknown;
    }

    /// <summary>The weights under transformers' names.</summary>
    public GgufReader Reader { get; }

    /// <summary>Tokenizer, chat template and configuration.</summary>
    public GgufFiles Files { get; }

    /// <summary>The configuration.</summary>
    public GemmaConfig Config => GemmaConfig.Parse(Files.Path, Files.Config);

    /// <summary>Tensors that no Gemma has; they are not read.</summary>
    public IReadOnlyList<string> UnknownTensors { get; }

    /// <summary>Whether a file is one, by its name or its first bytes.</summary>
    public static bool IsGguf(string path)
    {
        if (!File.Exists(path)) return false;
        if (Path.GetExtension(path).Equals(".gguf", StringComparison.OrdinalIgnoreCase)) return true;
        Span<byte> start = stackalloc byte[GgufFile.Magic.Length];
        using var file = File.OpenHandle(path);
        return RandomAccess.Read(file, start, 0) == start.Length && start.SequenceEqual(GgufFile.Magic);
    }

    /// <summary>Reads only the tokenizer, and the chat templates where there are any, of a model or of a file that holds nothing else.</summary>
    /// <exception cref="InvalidModelException">The file is malformed or has no tokenizer.</exception>
    public static (GemmaTokenizer Tokenizer, ChatTemplateFiles? Templates) LoadTokenizer(string path)
    {
        using var file = GgufFile.Open(path);
        var tokenizer = GgufTokenizer.Read(file.Metadata) ?? throw file.Error("tokenizer.ggml.tokens", "the file has no tokenizer");
        return (tokenizer, GgufTokenizer.Templates(file.Metadata, tokenizer));
    }

    /// <summary>Opens a file, and the others if the model was split.</summary>
    /// <exception cref="InvalidModelException">It is malformed, cut off, not a model or of an architecture that is not supported.</exception>
    public static GgufModel Open(string path)
    {
        var shards = GgufShards.Open(path);
        try
        {
            return new GgufModel(shards, []);
        }
        catch
        {
            shards.Dispose();
            throw;
        }
    }
}
