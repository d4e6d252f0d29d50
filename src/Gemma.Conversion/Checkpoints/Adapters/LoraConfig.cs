using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gemma.Json;

namespace Gemma.Conversion.Checkpoints.Adapters;

/// <summary>
/// An adapter's <c>adapter_config.json</c>: how strongly its matrices count. What cannot be merged into weights is refused. Source: PEFT,
/// <c>tuners/lora/config.py</c>.
/// </summary>
internal sealed class LoraConfig
{
    public const string FileName = "adapter_config.json";

    private const int MaxRank = 1 << 16;

    // Settings of the training's start that leave the stored matrices as they are.
    private static readonly string[] HarmlessConfigs = ["loftq_config", "eva_config", "corda_config", "lora_ga_config", "megatron_config"];

    // Ways to start that change the base weights too, which then are not those of the checkpoint.
    private static readonly string[] ChangingStarts = ["pissa", "olora", "corda", "loftq", "lora_ga"];

    private static readonly TimeSpan PatternTimeout = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly double _alpha;
    private readonly bool _rankStabilized;
    private readonly List<(Regex Module, double Alpha)> _alphas = [];

    private LoraConfig(string path, JsonSection json)
    {
        _path = path;
        Rank = json.Int("r", null, 1, MaxRank);
        _alpha = json.Number("lora_alpha", 8, -1e9, 1e9);
        _rankStabilized = json.Flag("use_rslora", false);
        SavesHead = json.Texts("modules_to_save").Count > 0;
        ReadsTokens = json.Text("task_type") == "TOKEN_CLS";
        MayHaveHead = SavesHead || ReadsTokens || json.Text("task_type") == "SEQ_CLS";
        HasRankPattern = json.Section("rank_pattern") is not null;
        if (json.Section("alpha_pattern") is not { } alphas) return;
        foreach (var entry in alphas.Properties()) _alphas.Add((Pattern(alphas, entry.Name), alphas.Number(entry.Name, null, -1e9, 1e9)));
    }

    /// <summary>The rank of modules without one of their own.</summary>
    public int Rank { get; }

    /// <summary>Whether some modules have a rank of their own.</summary>
    public bool HasRankPattern { get; }

    /// <summary>Whether a classification head was trained beside the adapter.</summary>
    public bool SavesHead { get; }

    /// <summary>Whether there may be one though the configuration does not name it.</summary>
    public bool MayHaveHead { get; }

    /// <summary>Whether that head labels tokens, not texts.</summary>
    public bool ReadsTokens { get; }

    /// <summary>Reads and checks the file.</summary>
    /// <exception cref="InvalidModelException">The file is malformed, or the adapter cannot be merged.</exception>
    public static LoraConfig Load(string path)
    {
        using var document = JsonSection.Load(path);
        var json = JsonSection.Root(path, document);
        if (json.Text("peft_type") is not "LORA" and var type)
            throw json.Error("peft_type", $"'{type}' is not supported; only LORA adapters can be merged into weights");
        if (json.Texts("modules_to_save").FirstOrDefault(module => !LoraHead.Modules.Contains(module)) is { } saved)
        {
            throw json.Error("modules_to_save",
                $"'{saved}' was trained as a whole beside the adapter; merge with PEFT (merge_and_unload) and convert the result");
        }
        foreach (var key in (string[])["alora_invocation_tokens", "target_parameters", "trainable_token_indices", "layer_replication"])
        {
            if (json.Has(key) && !IsEmpty(json, key)) throw json.Error(key, "an adapter with this cannot be merged into the weights of the linear layers");
        }

        foreach (var property in json.Properties()) CheckVariant(json, property);
        return new LoraConfig(path, json);
    }

    /// <summary>The factor of a module's product B·A.</summary>
    /// <param name="module">The module's path, such as model.layers.0.self_attn.q_proj.</param>
    /// <param name="rank">The rows of its A.</param>
    public float Scale(string module, int rank)
    {
        var alpha = _alpha;
        foreach (var (pattern, value) in _alphas)
        {
            if (!IsMatch(pattern, module)) continue;
            alpha = value;
            break;
        }

        return (float)(alpha / (_rankStabilized ? Math.Sqrt(rank) : rank));
    }

    private bool IsMatch(Regex pattern, string module)
    {
        try
        {
            return pattern.IsMatch(module);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new InvalidModelException(_path, "alpha_pattern", "a pattern takes more than a second to compare; write it without nested repetitions", e);
        }
    }

    // PEFT writes some settings that are not used as empty lists or objects.
    private static bool IsEmpty(JsonSection json, string key) => json.Properties().First(property => property.Name == key).Value is var value
        && ((value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0)
            || (value.ValueKind == JsonValueKind.Object && value.GetPropertyCount() == 0));

    // Every variant of LoRA that PEFT knows announces itself by a use_… flag, a configuration of its own or its way to start.
    private static void CheckVariant(JsonSection json, JsonProperty property)
    {
        var (name, value) = (property.Name, property.Value);
        if ((name.StartsWith("use_", StringComparison.Ordinal) && name != "use_rslora") || name == "lora_bias")
        {
            if (value.ValueKind is not (JsonValueKind.False or JsonValueKind.Null))
            {
                throw json.Error(name,
                    "this variant of LoRA is more than a product added to the weight; merge with PEFT (merge_and_unload) and convert the result");
            }
        }

        if (name.EndsWith("_config", StringComparison.Ordinal)
            && !HarmlessConfigs.Contains(name)
            && value.ValueKind == JsonValueKind.Object
            && value.GetPropertyCount() > 0)
            throw json.Error(name, "this variant of LoRA is not supported; merge with PEFT (merge_and_unload) and convert the result");
        if (name == "init_lora_weights"
            && value.ValueKind == JsonValueKind.String
            && ChangingStarts.Any(start => value.GetString()!.StartsWith(start, StringComparison.OrdinalIgnoreCase)))
        {
            throw json.Error(name,
                $"an adapter that began as '{value.GetString()}' belongs to changed base weights; save it as plain LoRA with PEFT "
                    + $"(path_initial_model_for_weight_conversion)");
        }
    }

    // PEFT matches the end of a module's path, at a dot. Only what looks around needs the engine that goes back, and that gets little time.
    private static Regex Pattern(JsonSection section, string pattern)
    {
        var whole = string.Create(CultureInfo.InvariantCulture, $@"\A(.*\.)?({pattern})\z");
        try
        {
            return new Regex(whole, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (NotSupportedException)
        {
            return new Regex(whole, RegexOptions.CultureInvariant, PatternTimeout);
        }
        catch (ArgumentException)
        {
            throw section.Error(pattern, "the pattern is not understood");
        }
    }
}
