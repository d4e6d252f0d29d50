using System.Globalization;
using System.Text.Json;
using Gemma.Json;

namespace Gemma.Runtime.Models;

/// <summary>Turns the keys of config.json, in the spellings of all transformers versions, into a <see cref="GemmaConfig"/>.</summary>
internal static class GemmaConfigReader
{
    private const int MaxLabels = 1 << 20;

    public static GemmaConfig Read(JsonSection json)
    {
        var defaults = new GemmaConfig();
        var architecture = Architecture(json);
        CheckActivation(json);
        if (json.Flag("use_bidirectional_attention", false)) throw json.Error("use_bidirectional_attention", "Gemma 1 with bidirectional attention has no defined result in transformers; remove the key for causal attention");

        var vocabulary = json.Int("vocab_size", defaults.VocabSize, 1, 1 << 24);
        var heads = json.Int("num_attention_heads", defaults.NumAttentionHeads, 1, 4096);
        var keyValueHeads = json.Int("num_key_value_heads", defaults.NumKeyValueHeads, 1, 4096);
        if (heads % keyValueHeads != 0) throw json.Error("num_key_value_heads", $"{keyValueHeads} does not divide num_attention_heads, {heads}");
        var headDim = json.Int("head_dim", defaults.HeadDim, 2, 4096);
        if (headDim % 2 != 0) throw json.Error("head_dim", $"{headDim} is odd; the rotary embedding needs an even one");
        var (theta, factor) = Rope(json);
        var config = new GemmaConfig
        {
            Architecture = architecture,
            VocabSize = vocabulary,
            HiddenSize = json.Int("hidden_size", defaults.HiddenSize, 1, 1 << 20),
            IntermediateSize = json.Int("intermediate_size", defaults.IntermediateSize, 1, 1 << 22),
            NumHiddenLayers = json.Int("num_hidden_layers", defaults.NumHiddenLayers, 1, 4096),
            NumAttentionHeads = heads,
            NumKeyValueHeads = keyValueHeads,
            HeadDim = headDim,
            MaxPositionEmbeddings = json.Int("max_position_embeddings", defaults.MaxPositionEmbeddings, 1, 1 << 24),
            RmsNormEps = json.Number("rms_norm_eps", defaults.RmsNormEps, 0, 1),
            RopeTheta = theta,
            RopeScalingFactor = factor,
            AttentionBias = json.Flag("attention_bias", false),
            TieWordEmbeddings = json.Flag("tie_word_embeddings", true),
            BosTokenId = Token(json, "bos_token_id", defaults.BosTokenId, vocabulary),
            PadTokenId = Token(json, "pad_token_id", defaults.PadTokenId, vocabulary),
            EosTokenIds = json.Has("eos_token_id") ? json.TokenIds("eos_token_id", vocabulary) : [1],
        };
        return architecture is GemmaArchitecture.SequenceClassification or GemmaArchitecture.TokenClassification ? WithLabels(config, json) : config;
    }

    private static GemmaArchitecture Architecture(JsonSection json)
    {
        var architecture = json.Texts("architectures") is [var first, ..] ? first : null;
        if (json.Text("model_type") is { } type && type != "gemma") throw json.Error("model_type", $"'{type}' is not supported; this version reads Gemma 1 checkpoints, whose model_type is 'gemma'");
        if (architecture is null && !json.Has("model_type")) throw json.Error("model_type", "the key is missing, and so is architectures: this is not a Gemma configuration");
        return architecture switch
        {
            null or "GemmaForCausalLM" or "FlaxGemmaForCausalLM" => GemmaArchitecture.CausalLM,
            "GemmaModel" or "FlaxGemmaModel" => GemmaArchitecture.Model,
            "GemmaForSequenceClassification" => GemmaArchitecture.SequenceClassification,
            "GemmaForTokenClassification" => GemmaArchitecture.TokenClassification,
            _ => throw json.Error("architectures", $"'{architecture}' is not one of GemmaForCausalLM, GemmaModel, GemmaForSequenceClassification and GemmaForTokenClassification"),
        };
    }

    // Only hidden_act counts for Gemma 1, and its "gelu" has always meant the tanh form that the model was trained with.
    private static void CheckActivation(JsonSection json)
    {
        var activation = json.Text("hidden_act");
        if (activation is not (null or "gelu" or "gelu_pytorch_tanh")) throw json.Error("hidden_act", $"'{activation}' is not supported; Gemma's is 'gelu_pytorch_tanh'");
    }

    // rope_scaling (transformers 4) replaces rope_parameters (transformers 5) altogether when it is not empty.
    private static (double Theta, double Factor) Rope(JsonSection json)
    {
        var scaling = json.Section("rope_scaling");
        var rope = scaling ?? json.Section("rope_parameters");
        var theta = json.Number("rope_theta", 10000, 0, 1e12);
        if (rope is not { } section) return (theta, 1);
        if (scaling is null) theta = section.Number("rope_theta", theta, 0, 1e12);
        var key = section.Has("rope_type") ? "rope_type" : "type";
        return section.Text(key) switch
        {
            null or "default" => (theta, 1),
            "linear" => (theta, section.Number("factor", null, 0, 1e6)),
            var other => throw section.Error(key, $"'{other}' is not supported; 'default' and 'linear' are"),
        };
    }

    private static int? Token(JsonSection json, string key, int? defaultValue, int vocabulary)
    {
        var isNull = json.Properties().Any(property => property.NameEquals(key) && property.Value.ValueKind == JsonValueKind.Null);
        if (isNull) return null;
        if (!json.Has(key)) return defaultValue < vocabulary ? defaultValue : null;

        // Some checkpoints spell "none" as -1.
        var id = json.Int(key, null, -1, vocabulary - 1);
        return id < 0 ? null : id;
    }

    private static GemmaConfig WithLabels(GemmaConfig config, JsonSection json)
    {
        List<string> labels = [];
        if (json.Section("id2label") is { } names)
        {
            var byId = new SortedDictionary<int, string>();
            foreach (var property in names.Properties())
            {
                if (!int.TryParse(property.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var id)) throw names.Error(property.Name, "the key is not a column of the head");
                byId.Add(id, names.Text(property.Name) ?? throw names.Error(property.Name, "the label has no name"));
            }

            if (byId.Keys.Last() != byId.Count - 1) throw json.Error("id2label", $"the keys must be 0 to {byId.Count - 1} without gaps");
            labels = [.. byId.Values];
        }

        var count = json.Int("num_labels", labels.Count == 0 ? 2 : labels.Count, 1, MaxLabels);
        if (count != labels.Count) labels = [.. Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"LABEL_{i}"))];
        var problem = ClassificationProblems.Parse(json, "problem_type");
        ClassificationLabels.Check(labels, message => json.Error("id2label", message));
        if (problem == ClassificationProblem.SingleLabel && count == 1) throw json.Error("problem_type", "single_label_classification needs at least two labels");
        return config with { Labels = labels, ProblemType = problem };
    }
}
