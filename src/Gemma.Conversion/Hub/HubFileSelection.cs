using System.IO.Enumeration;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gemma.Conversion.Hub;

/// <summary>
/// Which files of a repository a conversion needs: settings, tokenizer, and one set of weights. Chosen from what the hub lists, never by guessing.
/// </summary>
internal static partial class HubFileSelection
{
    private const string IndexSuffix = ".index.json";

    private static readonly string[] SettingNames =
    [
        "config.json", "generation_config.json", "tokenizer.model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "chat_template.jinja", "chat_template.json", "adapter_config.json",
        "modules.json", "config_sentence_transformers.json", "sentence_bert_config.json",
    ];

    // One set of weights: the whole file of each format, and files that are no other precision's duplicate where a repository names its weights otherwise.
    private static readonly (string Whole, string Pattern)[] WeightNames = [("model.safetensors", "*.safetensors"), ("pytorch_model.bin", "pytorch_model*.bin"),
        ("flax_model.msgpack", "flax_model*.msgpack"), ("", "*.ckpt"), ("", "adapter_model.bin")];

    /// <summary>The files that a caller's patterns name.</summary>
    public static IReadOnlyList<HubFile> Matching(IReadOnlyList<HubFile> files, IReadOnlyList<string> patterns) =>
        [.. files.Where(file =>
            patterns.Any(pattern =>
                FileSystemName.MatchesSimpleExpression(pattern.Replace("\\", "\\\\", StringComparison.Ordinal), file.Path, ignoreCase: false)))];

    /// <summary>Whether a model that lacks the file is whole all the same: earlier versions did not load it.</summary>
    public static bool IsExtra(HubFile file) => file.Path == "chat_template.json" || FurtherTemplate.IsMatch(file.Path);

    /// <summary>Configuration, tokenizer, and what an embedder's modules need.</summary>
    public static IReadOnlyList<HubFile> Settings(IReadOnlyList<HubFile> files) =>
    [
        .. SettingNames.Select(name => files.FirstOrDefault(file => file.Path == name)).OfType<HubFile>(),
        .. files.Where(file => files.Any(other => other.Path == "modules.json") && ModuleFile.IsMatch(file.Path)),
        .. files.Where(file => FurtherTemplate.IsMatch(file.Path)),
    ];

    /// <summary>The index of the weights in several files, or null.</summary>
    public static HubFile? WeightIndex(IReadOnlyList<HubFile> files)
    {
        foreach (var (whole, pattern) in WeightNames)
        {
            if (files.FirstOrDefault(file => whole.Length > 0 && file.Path == whole + IndexSuffix) is { } index) return index;
            if (files.Any(file => IsWeight(file, pattern))) return null;
        }

        return null;
    }

    /// <summary>The weights.</summary>
    /// <param name="files">The repository's files.</param>
    /// <param name="shards">The files that the index names, or null if there is no index.</param>
    /// <param name="index">The index, or null.</param>
    /// <exception cref="HubException">The index names a file that the repository does not have.</exception>
    public static IReadOnlyList<HubFile> Weights(IReadOnlyList<HubFile> files, HubFile? index, IReadOnlyCollection<string>? shards)
    {
        if (index is not null)
        {
            return [.. (shards ?? [])
                .Select(shard => files.FirstOrDefault(file => file.Path == shard)
                    ?? throw new HubException(HubError.NotFound,
                        $"{index.Path} names '{shard}', which the repository does not have; choose another revision."))];
        }
        foreach (var (whole, pattern) in WeightNames)
        {
            if (files.FirstOrDefault(file => file.Path == whole) is { } single)
                return [single, .. files.Where(file => file.Path == "adapter_model.safetensors" && whole.EndsWith(".safetensors", StringComparison.Ordinal))];
            HubFile[] matches = [.. files.Where(file => IsWeight(file, pattern))];
            if (matches.Length > 0) return matches;
        }

        return [];
    }

    /// <summary>The files that an index names, in its order.</summary>
    /// <exception cref="HubException">It is malformed.</exception>
    public static IReadOnlyCollection<string> Shards(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            using var document = JsonDocument.Parse(stream);
            return [.. document.RootElement.GetProperty("weight_map").EnumerateObject()
                .Select(entry => HubPath.Check(entry.Value.GetString() ?? string.Empty, path)).Distinct(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new HubException(HubError.Damaged, $"{path} is no index of weights (weight_map); choose another revision.", e);
        }
    }

    private static bool IsWeight(HubFile file, string pattern) =>
        !file.Path.Contains('/', StringComparison.Ordinal)
            && FileSystemName.MatchesSimpleExpression(pattern, file.Path, ignoreCase: false)
            && !OtherPrecision.IsMatch(file.Path);

    [GeneratedRegex(@"\.(fp16|bf16|fp32|fp8|int8|int4|8bit|4bit)[.-]", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex OtherPrecision { get; }

    [GeneratedRegex(@"^additional_chat_templates/[^/]+\.jinja\z", RegexOptions.CultureInvariant)]
    private static partial Regex FurtherTemplate { get; }

    [GeneratedRegex(@"^\d+_\w+/(config\.json|model\.safetensors|pytorch_model\.bin)\z", RegexOptions.CultureInvariant)]
    private static partial Regex ModuleFile { get; }
}
