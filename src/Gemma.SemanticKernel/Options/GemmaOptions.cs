using System.ComponentModel.DataAnnotations;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Prompts;
using Microsoft.Extensions.Options;

namespace Gemma.SemanticKernel;

/// <summary>One model of an application. Bound from configuration, validated at start.</summary>
/// <remarks>A model is loaded once with the options of that moment; later changes of the configuration count from the next start.</remarks>
public sealed class GemmaOptions
{
    /// <summary>A model package, or a Hugging Face checkpoint folder that is converted once into the cache.</summary>
    /// <value>Required.</value>
    [Required(AllowEmptyStrings = false)]
    public string ModelPath { get; set; } = string.Empty;

    /// <summary>The model's name in responses, telemetry and service selection.</summary>
    /// <value>Default null: the folder's name.</value>
    public string? ModelId { get; set; }

    /// <summary>Which native library computes.</summary>
    /// <value>Default null: ONNX Runtime on the processor, GenAI on a GPU.</value>
    public GemmaEngine? Engine { get; set; }

    /// <summary>Where the model is computed. A device that is missing is an error, unless this is <see cref="GemmaDevice.Auto"/>.</summary>
    /// <value>Default <see cref="GemmaDevice.Cpu"/>.</value>
    public GemmaDevice Device { get; set; }

    /// <summary>Which GPU.</summary>
    /// <value>0 to 64, default 0.</value>
    [Range(0, 64)]
    public int DeviceIndex { get; set; }

    /// <summary>Options of the GPU's execution provider, by ONNX Runtime's names, such as <c>gpu_mem_limit</c>.</summary>
    /// <value>Default empty; the processor takes none.</value>
    public Dictionary<string, string> ProviderOptions { get; } = [];

    /// <summary>The folder with the native library of ONNX Runtime GenAI.</summary>
    /// <value>Default null: the folder in the environment variable GEMMA_GENAI_NATIVE, or else beside the application.</value>
    public string? GenAIFolder { get; set; }

    /// <summary>Where tokens are chosen, where ONNX Runtime GenAI computes; ONNX Runtime leaves it to the host.</summary>
    /// <value>Default <see cref="GemmaSampler.Auto"/>.</value>
    public GemmaSampler Sampler { get; set; }

    /// <summary>Threads of one pass.</summary>
    /// <value>0 to 1024; default 0: one per physical core (performance cores where there are two kinds) within the process's affinity and its container's quota.</value>
    [Range(0, 1024)]
    public int Threads { get; set; }

    /// <summary>The most tokens of a conversation, prompt and answer together.</summary>
    /// <value>1 to 16777216; default null: what the model was trained for.</value>
    [Range(1, 1 << 24)]
    public int? MaxContextTokens { get; set; }

    /// <summary>The most requests that generate at the same time; others wait.</summary>
    /// <value>1 to 256, default 8.</value>
    [Range(1, 256)]
    public int MaxConcurrentRequests { get; set; } = 8;

    /// <summary>The most requests that wait; one more is refused.</summary>
    /// <value>0 to 100000, default 256.</value>
    [Range(0, 100_000)]
    public int MaxQueueLength { get; set; } = 256;

    /// <summary>Finished conversations that are kept in memory, so that their next turn starts at once.</summary>
    /// <value>0 to 256, default 8.</value>
    [Range(0, 256)]
    public int MaxCachedConversations { get; set; } = 8;

    /// <summary>The most bytes of keys and values, of running and of kept conversations; requests wait, or are refused, when they are spent.</summary>
    /// <value>At least 1048576; default null: by the machine's memory.</value>
    [Range(1L << 20, long.MaxValue)]
    public long? MaxCacheBytes { get; set; }

    /// <summary>Whether a lone request guesses its next tokens from its prompt: faster where answers copy from it. Its text can differ where two tokens are equally likely up to rounding.</summary>
    /// <value>Default false.</value>
    public bool PromptLookup { get; set; }

    /// <summary>Whether prompts are read by the package's second graph, which <c>gemma convert --prefill w8a8</c> makes: faster, for more memory.</summary>
    /// <value>Default false.</value>
    public bool UsePrefillGraph { get; set; }

    /// <summary>Whether the weights as packed for this processor are written into the package at the first load, so that processes share them; takes two to four times the package's size on disk.</summary>
    /// <value>Default false.</value>
    public bool PrepackWeights { get; set; }

    /// <summary>Whether the model is loaded when the host starts, instead of at the first request.</summary>
    /// <value>Default false.</value>
    public bool LoadOnStart { get; set; }

    /// <summary>Whether every file of the package is hashed before it is loaded.</summary>
    /// <value>Default false.</value>
    public bool VerifyFiles { get; set; }

    /// <summary>After how long without a request the model's memory is freed; the next request loads it again.</summary>
    /// <value>A second to 49 days; default null: never.</value>
    public TimeSpan? UnloadAfter { get; set; }

    /// <summary>What a request gets that does not say otherwise.</summary>
    [ValidateObjectMembers]
    public GemmaGenerationOptions Generation { get; set; } = new();

    /// <summary>How a checkpoint is converted.</summary>
    [ValidateObjectMembers]
    public GemmaConversionOptions Conversion { get; set; } = new();

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
