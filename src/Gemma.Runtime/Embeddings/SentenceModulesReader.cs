using System.Text.Json;
using Gemma.Json;
using Gemma.Runtime.Models;
using Gemma.Tokenization.Files;

namespace Gemma.Runtime.Embeddings;

/// <summary>Reads <c>modules.json</c> and the folders that it names. What cannot be run is refused by its name.</summary>
internal sealed class SentenceModulesReader(string folder)
{
    private const string ConfigFile = "config.json";

    private static readonly Dictionary<string, EmbeddingPooling> Poolings = new(StringComparer.Ordinal)
    {
        ["pooling_mode_mean_tokens"] = EmbeddingPooling.Mean,
        ["pooling_mode_lasttoken"] = EmbeddingPooling.LastToken,
        ["pooling_mode_cls_token"] = EmbeddingPooling.FirstToken,
        ["pooling_mode_max_tokens"] = EmbeddingPooling.Max,
        ["pooling_mode_mean_sqrt_len_tokens"] = EmbeddingPooling.MeanSqrtLength,
        ["pooling_mode_weightedmean_tokens"] = EmbeddingPooling.WeightedMean,
    };

    /// <summary>The names of the modules after the first, in order, with their folders.</summary>
    /// <exception cref="InvalidModelException">The file is malformed, or lists a folder outside.</exception>
    public IReadOnlyList<(string Type, string Folder)> List()
    {
        var path = Path.Combine(folder, SentenceModules.FileName);
        using var document = JsonSection.Load(path);
        if (document.RootElement.ValueKind != JsonValueKind.Array) throw new InvalidModelException(path, null, "a list of modules is expected");
        List<(string, string)> modules = [];
        foreach (var element in document.RootElement.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Object) throw new InvalidModelException(path, null, "a list of modules is expected");
            var module = new JsonSection(path, string.Empty, element);
            var type = module.Text("type") ?? throw module.Error("type", "the module has no type");
            var name = module.Text("path") is { Length: > 0 } relative ? PackageFolder.Resolve(folder, relative) : folder;
            modules.Add((type[(type.LastIndexOf('.') + 1)..], name));
        }

        return modules is [("Transformer", _), ..] ? modules[1..] : throw new InvalidModelException(path, "type", "the first module is no Transformer");
    }

    /// <summary>Reads everything.</summary>
    /// <param name="hiddenSize">Width of token states.</param>
    public SentenceModules Read(int hiddenSize)
    {
        var modules = List();
        if (modules is not [("Pooling", var poolingFolder), ..])
            throw Unsupported(modules is [var (first, _), ..] ? first : "nothing", "where pooling is expected");
        List<DenseModule?> steps = [];
        var width = hiddenSize;
        foreach (var (type, module) in modules.Skip(1))
        {
            var dense = type switch
            {
                "Dense" => ReadDense(module, width),
                "Normalize" => null,
                _ => throw Unsupported(type, "after pooling"),
            };
            width = dense?.OutputSize ?? width;
            steps.Add(dense);
        }

        var (prompts, defaultName) = ReadPrompts();
        var (pooling, poolsPrompts) = ReadPooling(Path.Combine(poolingFolder, ConfigFile), hiddenSize);
        return new SentenceModules
        {
            MaxTokens = ReadMaxTokens(),
            Pooling = pooling,
            PoolsPrompts = poolsPrompts,
            Steps = steps,
            Prompts = prompts,
            DefaultPromptName = defaultName,
        };
    }

    private static (EmbeddingPooling Pooling, bool PoolsPrompts) ReadPooling(string path, int hiddenSize)
    {
        using var document = JsonSection.Load(path);
        var json = JsonSection.Root(path, document);
        var width = json.Int("word_embedding_dimension", json.Int("embedding_dimension", hiddenSize, 1, int.MaxValue), 1, int.MaxValue);
        if (width != hiddenSize) throw json.Error("word_embedding_dimension", $"{width} is not the model's hidden size, {hiddenSize}");
        return (PoolingMode(json), json.Flag("include_prompt", true));
    }

    private static EmbeddingPooling PoolingMode(JsonSection json)
    {
        if (json.Text("pooling_mode") is { } mode)
        {
            return Poolings.FirstOrDefault(pair => pair.Key.StartsWith("pooling_mode_" + mode, StringComparison.Ordinal)) is { Key: not null } known
                ? known.Value
                : throw json.Error("pooling_mode", $"'{mode}' is not supported");
        }
        var chosen = json.Properties()
            .Where(property => property.Name.StartsWith("pooling_mode_", StringComparison.Ordinal) && property.Value.ValueKind == JsonValueKind.True)
            .Select(property => property.Name).ToArray();
        if (Array.Find(chosen, key => !Poolings.ContainsKey(key)) is { } unknown) throw json.Error(unknown, "this pooling is not supported");
        return chosen switch
        {
            [] => EmbeddingPooling.Mean,
            [var one] => Poolings[one],
            _ => throw json.Error(chosen[1], $"it is asked for together with {chosen[0]}; vectors of several poolings side by side are not supported"),
        };
    }

    private static DenseModule ReadDense(string module, int width)
    {
        var path = Path.Combine(module, ConfigFile);
        var settings = DenseSettings.Load(path);
        if (settings.InputSize != width)
            throw new InvalidModelException(path, "in_features", $"{settings.InputSize} does not fit the {width} numbers that come in");
        var (weight, bias) = ScoreFile.Read(Path.Combine(module, DenseModule.WeightFile), settings.OutputSize, width,
            "the layer's config.json does not match its weights", DenseModule.TensorName);
        if (settings.HasBias != bias is not null)
            throw new InvalidModelException(path, "bias", settings.HasBias ? "the weights have none" : "the weights have one");
        return new DenseModule(width, weight, bias, settings.IsTanh);
    }

    private int? ReadMaxTokens()
    {
        var path = Path.Combine(folder, SentenceModules.TransformerFileName);
        if (!File.Exists(path)) return ReadTokenizerLimit();
        using var document = JsonSection.Load(path);
        var json = JsonSection.Root(path, document);
        if (json.Flag("do_lower_case", false)) throw json.Error("do_lower_case", "texts in lower case are not supported");
        return json.Has("max_seq_length") ? json.Int("max_seq_length", null, 1, int.MaxValue) : ReadTokenizerLimit();
    }

    // What counts without a limit of its own. Where there is none, transformers writes a number beyond all texts.
    private int? ReadTokenizerLimit()
    {
        var path = Path.Combine(folder, TokenizerSettings.FileName);
        if (!File.Exists(path)) return null;
        using var document = JsonSection.Load(path);
        var json = JsonSection.Root(path, document);
        return json.Properties().FirstOrDefault(property => property.Name == "model_max_length").Value is { ValueKind: JsonValueKind.Number } value
            && value.TryGetDouble(out var most) && most is >= 1 and <= int.MaxValue
            ? (int)most
            : null;
    }

    private (IReadOnlyDictionary<string, string> Prompts, string? Default) ReadPrompts()
    {
        var path = Path.Combine(folder, SentenceModules.ConfigFileName);
        var prompts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!File.Exists(path)) return (prompts, null);
        using var document = JsonSection.Load(path);
        var json = JsonSection.Root(path, document);
        if (json.Section("prompts") is { } section)
        {
            foreach (var property in section.Properties()) prompts[property.Name] = section.Text(property.Name) ?? string.Empty;
        }

        var name = json.Text("default_prompt_name");
        return name is null || prompts.ContainsKey(name) ? (prompts, name) : throw json.Error("default_prompt_name", $"there is no prompt named '{name}'");
    }

    private InvalidModelException Unsupported(string type, string place) =>
        new(Path.Combine(folder, SentenceModules.FileName), "type",
            $"the module '{type}' {place} is not supported; a Pooling module, then Dense and Normalize are");
}
