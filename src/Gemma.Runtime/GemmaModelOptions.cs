using System.Diagnostics.Metrics;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Prompts;

namespace Gemma.Runtime;

/// <summary>How a model package is opened.</summary>
public sealed record GemmaModelOptions
{
    /// <summary>The model's name in responses and telemetry.</summary>
    /// <value>Default null: the package folder's name.</value>
    public string? ModelId { get; init; }

    /// <summary>Which native library computes.</summary>
    /// <value>Default null: ONNX Runtime on the processor, GenAI on a GPU.</value>
    public GemmaEngine? Engine { get; init; }

    /// <summary>Where the model is computed.</summary>
    /// <value>Default <see cref="GemmaDevice.Cpu"/>.</value>
    public GemmaDevice Device { get; init; }

    /// <summary>Which GPU.</summary>
    /// <value>Default 0.</value>
    public int DeviceIndex { get; init; }

    /// <summary>Options of the GPU's execution provider, by ONNX Runtime's names, such as <c>gpu_mem_limit</c>.</summary>
    /// <value>Default empty; the processor takes none.</value>
    public IReadOnlyDictionary<string, string> ProviderOptions { get; init; } = new Dictionary<string, string>();

    /// <summary>The folder with the native library of ONNX Runtime GenAI.</summary>
    /// <value>Default null: the folder in the environment variable GEMMA_GENAI_NATIVE, or else beside the application.</value>
    public string? GenAIFolder { get; init; }

    /// <summary>Where tokens are chosen, where ONNX Runtime GenAI computes; ONNX Runtime leaves it to the host.</summary>
    /// <value>Default <see cref="GemmaSampler.Auto"/>.</value>
    public GemmaSampler Sampler { get; init; }

    /// <summary>Threads of one pass.</summary>
    /// <value>Default 0: one per physical core (performance cores where there are two kinds) within the process's affinity and its container's quota.</value>
    public int Threads { get; init; }

    /// <summary>The most tokens of a conversation, prompt and answer together.</summary>
    /// <value>Default null: what the model was trained for. Larger values are cut at what the package can compute.</value>
    public int? ContextLength { get; init; }

    /// <summary>The most requests that generate at the same time; others wait.</summary>
    /// <value>1 to 256, default 8.</value>
    public int MaxConcurrentRequests { get; init; } = 8;

    /// <summary>The most requests that wait; one more is refused with <see cref="Generation.GemmaOverloadedException"/>.</summary>
    /// <value>Default 256.</value>
    public int MaxQueueLength { get; init; } = 256;

    /// <summary>Finished conversations whose keys and values are kept, so that the next turn need not compute them again.</summary>
    /// <value>Default 8; 0 keeps none.</value>
    public int MaxCachedConversations { get; init; } = 8;

    /// <summary>The most memory of the key-value cache, in bytes. What does not fit at the same time waits; kept conversations make room first. <see cref="Models.MemoryEstimate"/> says what a context needs.</summary>
    /// <value>Default null: every sequence full, but at most a quarter of the memory that the process may use.</value>
    public long? MaxCacheBytes { get; init; }

    /// <summary>
    /// Whether prompts are read with the package's second graph (<c>gemma convert --prefill w8a8</c>): faster, slightly less exact, and its weights take memory too, which
    /// <see cref="Models.MemoryEstimate"/> tells before. For ONNX Runtime on a CPU.
    /// </summary>
    /// <value>Default false.</value>
    public bool UsePrefillGraph { get; init; }

    /// <summary>
    /// Whether the weights as ONNX Runtime packs them for this processor are written under <c>prepacked/</c> in the package, at the first load: later loads map them, so that processes
    /// share them. Takes two to four times the package's size on disk. Where <c>gemma convert --prepack</c> wrote them already they are used without this option. For ONNX Runtime on a CPU.
    /// </summary>
    /// <value>Default false.</value>
    public bool PrepackWeights { get; init; }

    /// <summary>
    /// Whether a request that runs alone guesses its next tokens by looking up its last ones in prompt and answer, and checks several in one pass: answers
    /// that quote their prompt come two to four times as fast. A guess counts only where the request's own choice is the same.
    /// </summary>
    /// <value>Default false: passes over several tokens round differently, so that where two tokens score almost alike the answer may differ from one computed in company.</value>
    public bool PromptLookup { get; init; }

    /// <summary>Whether every file is hashed and compared with the manifest, about a second per gigabyte.</summary>
    /// <value>Default false: small files are hashed, large ones are compared by length.</value>
    public bool VerifyFiles { get; init; }

    /// <summary>The chat template to use instead of the package's.</summary>
    /// <value>Default null.</value>
    public IChatTemplate? ChatTemplate { get; init; }

    /// <summary>Makes the model's meter.</summary>
    /// <value>Default null: the model makes its own.</value>
    public IMeterFactory? MeterFactory { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Threads);
        ArgumentOutOfRangeException.ThrowIfNegative(DeviceIndex);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxQueueLength);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxCachedConversations);
        if (MaxCacheBytes is { } bytes) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes, nameof(MaxCacheBytes));
        if (ContextLength is { } length) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length, nameof(ContextLength));
        if (MaxConcurrentRequests is < 1 or > 256) throw new ArgumentOutOfRangeException(nameof(MaxConcurrentRequests), MaxConcurrentRequests, "MaxConcurrentRequests must be 1 to 256.");
    }
}
