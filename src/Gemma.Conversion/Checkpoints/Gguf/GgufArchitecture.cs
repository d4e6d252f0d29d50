using Gemma.Runtime.Prompts;

namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>A row of the table of architectures: what a file leaves out because its name says it.</summary>
/// <param name="Name">The value of <c>general.architecture</c>, with which the file's keys begin.</param>
/// <param name="ModelType">Transformers' <c>model_type</c>.</param>
/// <param name="ClassName">Transformers' class.</param>
internal sealed record GgufArchitecture(string Name, string ModelType, string ClassName)
{
    private const string Model = "model";
    private const string NameKey = "general.architecture";

    private static readonly GgufArchitecture[] All =
    [
        new("gemma", "gemma", "GemmaForCausalLM") { Template = "gemma1" },
        new("gemma2", "gemma2", "Gemma2ForCausalLM")
        {
            Template = "gemma2",
            Period = 2,
            Window = 4096,
            AttentionCap = 50,
            LogitCap = 30,
            LayersOfOwnScale = 46,
            HasOuterNorms = true,
        },
        new("gemma3", "gemma3_text", "Gemma3ForCausalLM")
        {
            Template = "gemma3",
            Period = 6,
            Theta = 1e6,
            HasLocalTheta = true,
            LayersOfOwnScale = 62,
            HasOuterNorms = true,
        },
        new("gemma-embedding", "gemma3_text", "Gemma3TextModel")
        {
            Period = 6,
            Theta = 1e6,
            HasLocalTheta = true,
            HasOuterNorms = true,
            IsBidirectional = true,
        },
        new("gemma4", "gemma4_text", "Gemma4ForCausalLM") { Theta = 1e6, HasOuterNorms = true, HasPlainNorms = true, LayersDiffer = true },
    ];

    /// <summary>The published chat template of models whose file has none, or null.</summary>
    public string? Template { get; private init; }

    /// <summary>Every so many layers, the last one sees the whole text; 0: all do.</summary>
    public int Period { get; private init; }

    /// <summary>The window of a file that has none; 0: no window.</summary>
    public int Window { get; private init; }

    /// <summary>The rotary base of a file that has none.</summary>
    public double Theta { get; private init; } = 10000;

    /// <summary>Whether layers with a window have a rotary base of their own.</summary>
    public bool HasLocalTheta { get; private init; }

    /// <summary>The cap of attention scores in a file that has none.</summary>
    public double? AttentionCap { get; private init; }

    /// <summary>The cap of logits in a file that has none.</summary>
    public double? LogitCap { get; private init; }

    /// <summary>
    /// The number of layers of the one model (27B) whose attention is scaled by hidden size / heads and not by the head size; no file says so.
    /// </summary>
    public int LayersOfOwnScale { get; private init; }

    /// <summary>Whether norms also follow attention and feed-forward network.</summary>
    public bool HasOuterNorms { get; private init; }

    /// <summary>Whether norms are stored as they are, and not as w + 1.</summary>
    public bool HasPlainNorms { get; private init; }

    /// <summary>Whether layers have sizes, parts and rotary embeddings of their own.</summary>
    public bool LayersDiffer { get; private init; }

    /// <summary>Whether tokens see what comes after them.</summary>
    public bool IsBidirectional { get; private init; }

    /// <summary>The architecture of a file.</summary>
    /// <param name="metadata">Its metadata.</param>
    /// <param name="expected">What the file must hold: "model" or "adapter".</param>
    /// <exception cref="InvalidModelException">The file holds something else, or is for an architecture that is not supported.</exception>
    public static GgufArchitecture Of(GgufMetadata metadata, string expected = Model)
    {
        const string TypeKey = "general.type";
        var name = metadata.Text(NameKey) ?? throw metadata.Error(NameKey, "the key is missing; this is not a model");
        if (name == "clip") throw metadata.Error(NameKey, "this is a vision projector (mmproj), not a model; give the model's own file");
        var type = metadata.Text(TypeKey) ?? Model;
        if (type != expected)
        {
            throw metadata.Error(TypeKey,
                $"this is of type '{type}', not '{expected}'{(type == "adapter" ? "; give it with --lora beside the model it belongs to" : string.Empty)}");
        }
        return Array.Find(All, row => row.Name == name)
            ?? throw metadata.Error(NameKey, $"'{name}' is not supported; {string.Join(", ", All.Select(row => row.Name))} are");
    }

    /// <summary>The text of the chat template that a file's architecture means; null if it means none, or if the file is for another architecture.</summary>
    public static string? TemplateOf(GgufMetadata metadata) =>
        metadata.Text(NameKey) is { } name && Array.Find(All, row => row.Name == name)?.Template is { } template ? PublishedTemplates.Find(template) : null;

    /// <summary>A key of this architecture.</summary>
    public string Key(string name) => $"{Name}.{name}";
}
