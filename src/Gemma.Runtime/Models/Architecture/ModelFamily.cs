using Gemma.Json;

namespace Gemma.Runtime.Models.Architecture;

/// <summary>A row of the table of families: how a <c>model_type</c> is read into a plan. Nothing else knows families.</summary>
/// <param name="ModelType">The value of <c>model_type</c>.</param>
/// <param name="ClassPrefixes">How transformers' classes begin: "Gemma" of GemmaForCausalLM.</param>
/// <param name="GenAIType">ONNX Runtime GenAI's name of the model.</param>
/// <param name="ReadPlan">Reads and checks the keys.</param>
/// <param name="TextKey">The key of the object that describes the text model, where the file describes more; null: the file itself does.</param>
/// <param name="ReadAround">Adds to the plan what the file says around that object; null: nothing.</param>
internal sealed record ModelFamily(
    string ModelType,
    string[] ClassPrefixes,
    string GenAIType,
    Func<JsonSection, DecoderPlan> ReadPlan,
    string? TextKey = null,
    Func<JsonSection, DecoderPlan, JsonSection, DecoderPlan>? ReadAround = null)
{
    private const string Multimodal = "ForConditionalGeneration";

    private static readonly (string Suffix, GemmaArchitecture Architecture)[] Classes =
    [
        ("ForCausalLM", GemmaArchitecture.CausalLM),
        ("Model", GemmaArchitecture.Model),
        ("ForSequenceClassification", GemmaArchitecture.SequenceClassification),
        ("ForTokenClassification", GemmaArchitecture.TokenClassification),
        (Multimodal, GemmaArchitecture.CausalLM),
    ];

    private static readonly ModelFamily[] All =
    [
        new("gemma", ["Gemma"], "gemma", GemmaFamily.Read),
        new("gemma2", ["Gemma2"], "gemma2", Gemma2Family.Read),
        new("gemma3_text", ["Gemma3", "Gemma3Text"], "gemma3_text", Gemma3Family.Read),
        new("gemma3", ["Gemma3"], "gemma3_text", Gemma3Family.Read, "text_config"),
        new("gemma4_text", ["Gemma4", "Gemma4Text"], "gemma4_text", Gemma4Family.Read),
        new("gemma4", ["Gemma4"], "gemma4_text", Gemma4Family.Read, "text_config", Gemma4Family.ReadPlaceholders),
        new("gemma4_unified_text", ["Gemma4Unified", "Gemma4UnifiedText"], "gemma4_text", Gemma4Family.ReadUnified),
        new("gemma4_unified", ["Gemma4Unified"], "gemma4_text", Gemma4Family.ReadUnified, "text_config", Gemma4Family.ReadPlaceholders),
    ];

    /// <summary>What a model that reads more than text and its text model have in common: the decoder, whatever stands around it.</summary>
    public string TextFamily => GenAIType;

    /// <summary>The row of a <c>config.json</c>.</summary>
    /// <exception cref="InvalidModelException">There is none.</exception>
    public static ModelFamily Of(JsonSection json)
    {
        var type = json.Text("model_type");
        if (type is not null)
        {
            return Array.Find(All, family => family.ModelType == type)
                ?? throw json.Error("model_type",
                    $"'{type}' is not supported; this version reads {string.Join(", ", All.Select(family => family.ModelType))}");
        }
        var name = ClassName(json) ?? throw json.Error("model_type", "the key is missing, and so is architectures: this is not a Gemma configuration");
        return Array.Find(All, family => family.Class(name) is not null)
            ?? throw json.Error("model_type", $"the key is missing, and '{name}' is the class of no family of this version");
    }

    /// <summary>The class that a checkpoint was saved from, by transformers' name.</summary>
    /// <exception cref="InvalidModelException">The class is none that this library runs.</exception>
    public (GemmaArchitecture Architecture, string Name) ClassOf(JsonSection json)
    {
        var name = ClassName(json) ?? ClassPrefixes[0] + Classes[0].Suffix;
        if (Class(name) is { } architecture) return (architecture, name);
        var known = Classes.Where(row => TextKey is not null || row.Suffix != Multimodal).Select(row => ClassPrefixes[0] + row.Suffix);
        throw json.Error("architectures", $"'{name}' is not one of {string.Join(", ", known)}");
    }

    /// <summary>Reads and checks what describes the decoder.</summary>
    public DecoderPlan Plan(JsonSection json)
    {
        var text = Text(json);
        var plan = ReadPlan(text);

        // The object around the text model comes first.
        plan = plan with { TiesEmbedding = json.Flag("tie_word_embeddings", plan.TiesEmbedding) };
        return ReadAround is null ? plan : ReadAround(json, plan, text);
    }

    /// <summary>The object that describes the text model.</summary>
    public JsonSection Text(JsonSection json) =>
        TextKey is null ? json : json.Section(TextKey) ?? throw json.Error(TextKey, "the object is missing: it describes the text model");

    // Flax classes have the same content.
    private static string? ClassName(JsonSection json) =>
        json.Texts("architectures") is not [var first, ..] ? null : first.StartsWith("Flax", StringComparison.Ordinal) ? first["Flax".Length..] : first;

    private GemmaArchitecture? Class(string name)
    {
        foreach (var (suffix, architecture) in Classes)
        {
            if ((suffix != Multimodal || TextKey is not null) && Array.Exists(ClassPrefixes, prefix => name == prefix + suffix)) return architecture;
        }

        return null;
    }
}
