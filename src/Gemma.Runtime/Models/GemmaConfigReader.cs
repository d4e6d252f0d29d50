using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Gemma.Json;
using Gemma.Runtime.Models.Architecture;

namespace Gemma.Runtime.Models;

/// <summary>Turns the keys of config.json, in the spellings of all transformers versions, into a <see cref="GemmaConfig"/>.</summary>
internal static class GemmaConfigReader
{
    private const int MaxLabels = 1 << 20;
    private const int DefaultBos = 2;
    private const int DefaultEos = 1;
    private const int DefaultPad = 0;

    public static GemmaConfig Read(string path, JsonDocument document)
    {
        var json = JsonSection.Root(path, document);
        var family = ModelFamily.Of(json);
        var (architecture, name) = family.ClassOf(json);
        var text = family.Text(json);
        var plan = family.Plan(json);
        var (labels, problem) = architecture is GemmaArchitecture.SequenceClassification or GemmaArchitecture.TokenClassification
            ? Labels(json)
            : ([], ClassificationProblem.Unspecified);
        return new GemmaConfig(family, plan, name, JsonMarshal.GetRawUtf8Value(document.RootElement).ToArray())
        {
            Architecture = architecture,
            BosTokenId = Token(Of("bos_token_id"), "bos_token_id", DefaultBos, plan.VocabSize),
            PadTokenId = Padding(architecture == GemmaArchitecture.SequenceClassification ? text : Of("pad_token_id"), plan.VocabSize),
            EosTokenIds = EndOfText(Of("eos_token_id"), plan.VocabSize),
            Labels = labels,
            ProblemType = problem,
            PackedBy = Packing(json) ?? Packing(text),
        };

        // A file that describes more than text has them at its top, or leaves them to the text model; classifiers pool by the text model's padding.
        JsonSection Of(string key) => json.Has(key) || json.IsNull(key) ? json : text;
    }

    private static string? Packing(JsonSection json)
    {
        if (json.Section("quantization_config") is { } packed) return packed.Text("quant_method") ?? "a method without a name";
        return json.Section("quantization") is { } mlx && mlx.Has("bits") ? "MLX" : null;
    }

    private static int? Token(JsonSection json, string key, int defaultValue, int vocabulary)
    {
        if (json.IsNull(key)) return null;
        if (!json.Has(key)) return defaultValue < vocabulary ? defaultValue : null;

        // Some checkpoints spell "none" as -1.
        var id = json.Int(key, null, -1, vocabulary - 1);
        return id < 0 ? null : id;
    }

    private static IReadOnlyList<int> EndOfText(JsonSection json, int vocabulary)
    {
        if (json.IsNull("eos_token_id")) return [];
        return json.Has("eos_token_id") ? json.TokenIds("eos_token_id", vocabulary) : [DefaultEos];
    }

    // A padding token that was added without an embedding is in no input.
    private static int? Padding(JsonSection json, int vocabulary) =>
        Token(json, "pad_token_id", DefaultPad, int.MaxValue) is { } id && id < vocabulary ? id : null;

    // Datasets of numbers name their labels by them.
    private static string? Name(JsonSection names, JsonProperty property) =>
        property.Value.ValueKind == JsonValueKind.Number ? property.Value.GetRawText() : names.Text(property.Name);

    private static (IReadOnlyList<string> Labels, ClassificationProblem Problem) Labels(JsonSection json)
    {
        List<string> labels = [];
        if (json.Section("id2label") is { } names)
        {
            var byId = new SortedDictionary<int, string>();
            foreach (var property in names.Properties())
            {
                if (!int.TryParse(property.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                    throw names.Error(property.Name, "the key is not a column of the head");
                if (!byId.TryAdd(id, Name(names, property) ?? throw names.Error(property.Name, "the label has no name")))
                    throw names.Error(property.Name, "the column is there twice");
            }

            if (byId.Keys.Last() != byId.Count - 1) throw json.Error("id2label", $"the keys must be 0 to {byId.Count - 1} without gaps");
            labels = [.. byId.Values];
        }

        // Where both are given, transformers counts the names.
        var count = labels.Count > 0 ? labels.Count : json.Int("num_labels", 2, 1, MaxLabels);
        if (count != labels.Count) labels = [.. Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"LABEL_{i}"))];
        var problem = ClassificationProblems.Parse(json, "problem_type");
        ClassificationLabels.Check(labels, message => json.Error("id2label", message));
        if (problem == ClassificationProblem.SingleLabel && count == 1)
            throw json.Error("problem_type", "single_label_classification needs at least two labels");
        return (labels, problem);
    }
}
