using System.ComponentModel.DataAnnotations;
using Gemma.Conversion.Hub;
using Gemma.Runtime;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Prompts;
using Microsoft.Extensions.Options;

namespace Gemma.SemanticKernel;

/// <summary>One model of an application. Bound from configuration, validated at start.</summary>
/// <remarks>A model is loaded once with the options of that moment; later changes of the configuration count from the next start.</remarks>
public sealed class GemmaOptions
{
    /// <summary>
    /// A model package, a Hugging Face checkpoint folder that is converted once into the cache, or a model of the hub, such as <c>google/gemma-2b-it</c>, which
    /// the hub's cache holds or <see cref="Hub"/> may download.
    /// </summary>
    /// <value>Required.</value>
    [Required(AllowEmptyStrings = false)]
    public string ModelPath { get; set; } = string.Empty;

    /// <summary>The branch, tag or commit of a model of the hub. A commit never changes.</summary>
    /// <value>Default null: that of <see cref="ModelPath"/> (<c>google/gemma-2b-it@commit</c>), else <c>main</c>.</value>
    public string? ModelRevision { get; set; }

    /// <summary>The model's name in responses, telemetry and service selection.</summary>
    /// <value>Default null: the folder's name.</value>
    public string? ModelId { get; set; }

    /// <summary>What computes the model, where, and within which limits.</summary>
    [ValidateObjectMembers(typeof(EngineOptionsRules))]
    public EngineOptions Engine { get; set; } = new();

    /// <summary>The most requests that generate at the same time; others wait.</summary>
    /// <value>1 to 256, default 8.</value>
    [Range(1, 256)]
    public int MaxConcurrentRequests { get; set; } = 8;

    /// <summary>The most requests that wait; one more is refused.</summary>
    /// <value>0 to 100000, default 256.</value>
    [Range(0, 100_000)]
    public int MaxQueueLength { get; set; } = 256;

    /// <summary>How long a request waits for its turn until it is refused.</summary>
    /// <value>Positive; default null: as long as it takes.</value>
    public TimeSpan? MaxQueueWait { get; set; }

    /// <summary>Finished conversations that are kept in memory, so that their next turn starts at once.</summary>
    /// <value>0 to 256, default 8.</value>
    [Range(0, 256)]
    public int MaxCachedConversations { get; set; } = 8;

    /// <summary>
    /// Whether a lone request guesses its next tokens from its prompt: faster where answers copy from it. Its text can differ where two tokens are equally
    /// likely up to rounding.
    /// </summary>
    /// <value>Default false.</value>
    public bool PromptLookup { get; set; }

    /// <summary>
    /// A smaller model with the same vocabulary that guesses tokens for requests which run alone or with few others: a package, a checkpoint or a model of the
    /// hub, as in <see cref="ModelPath"/>. See <see cref="GemmaModelOptions.DraftModelPath"/>.
    /// </summary>
    /// <value>Default null: none.</value>
    public string? DraftModelPath { get; set; }

    /// <summary>Whether the model is loaded when the host starts, instead of at the first request.</summary>
    /// <value>Default false.</value>
    public bool LoadOnStart { get; set; }

    /// <summary>After how long without a request the model's memory is freed; the next request loads it again.</summary>
    /// <value>A second to 49 days; default null: never.</value>
    public TimeSpan? UnloadAfter { get; set; }

    /// <summary>
    /// The chat template to use instead of the checkpoint's: a file's path, one of gemma1, gemma2, gemma3 and chatml, or the template's text.
    /// <see cref="UseChatTemplate"/> goes before it.
    /// </summary>
    /// <value>Default null: the checkpoint's own.</value>
    public string? ChatTemplate { get; set; }

    /// <summary>What happens to contents of messages and of tool results that the model cannot read, such as images.</summary>
    /// <value>Default <see cref="UnreadableContentHandling.Refuse"/>.</value>
    public UnreadableContentHandling UnreadableContent { get; set; }

    /// <summary>How the model is told of functions, and how it is made to write calls; calls are found in any known notation.</summary>
    /// <value>Default null: the form that the model was trained on.</value>
    public ToolFormat? ToolFormat { get; set; }

    /// <summary>What a request gets that does not say otherwise.</summary>
    [ValidateObjectMembers]
    public GemmaGenerationOptions Generation { get; set; } = new();

    /// <summary>How a checkpoint is converted.</summary>
    [ValidateObjectMembers]
    public GemmaConversionOptions Conversion { get; set; } = new();

    /// <summary>Where a model of the hub comes from, and whether it may be downloaded at all.</summary>
    /// <value>Default: only what the hub's cache holds is used.</value>
    public HubOptions Hub { get; set; } = new();

    // A method's, not a property: configuration cannot bind an interface.
    private IChatTemplate? _chatTemplate;

    /// <summary>Uses a chat template of the application's instead of the checkpoint's.</summary>
    /// <param name="template">The template.</param>
    public void UseChatTemplate(IChatTemplate template)
    {
        ArgumentNullException.ThrowIfNull(template);
        _chatTemplate = template;
    }

    internal IChatTemplate? GetChatTemplate() => _chatTemplate;
}
