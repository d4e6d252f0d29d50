using System.ComponentModel.DataAnnotations;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Engines;

/// <summary>What computes a model, where, and within which limits. Binds from configuration; the engines get it as it is.</summary>
/// <remarks>A model copies its options when it is loaded: later changes count for the next load.</remarks>
public sealed record EngineOptions
{
    /// <summary>Which native library computes.</summary>
    /// <value>Default null: ONNX Runtime on the processor, GenAI on a GPU.</value>
    public GemmaEngine? Kind { get; set; }

    /// <summary>Where the model is computed. A device that is missing is an error, unless this is <see cref="GemmaDevice.Auto"/>.</summary>
    /// <value>Default <see cref="GemmaDevice.Cpu"/>.</value>
    public GemmaDevice Device { get; set; }

    /// <summary>Which of several GPUs.</summary>
    /// <value>0 to 64, default 0.</value>
    [Range(0, 64)]
    public int DeviceIndex { get; set; }

    /// <summary>Options of the GPU's execution provider, by ONNX Runtime's names, such as <c>gpu_mem_limit</c>.</summary>
    /// <value>Default empty; the processor takes none.</value>
    public IDictionary<string, string> ProviderOptions { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The folder with the native library of ONNX Runtime GenAI.</summary>
    /// <value>Default null: the folder in the environment variable GEMMA_GENAI_NATIVE, or else beside the application.</value>
    public string? GenAIFolder { get; set; }

    /// <summary>Where tokens are chosen, where ONNX Runtime GenAI computes; ONNX Runtime leaves it to the host.</summary>
    /// <value>Default <see cref="SamplingPlace.Auto"/>.</value>
    public SamplingPlace Sampling { get; set; }

    /// <summary>Threads of one pass.</summary>
    /// <value>0 to 1024; default 0: one per physical core (performance cores where there are two kinds) within the process's affinity and its container's
    /// quota. A draft model of less than 32 MiB computes on one.</value>
    [Range(0, 1024)]
    public int Threads { get; set; }

    /// <summary>Whether idle threads spin for a moment before they sleep: faster single tokens, at the cost of processor time.</summary>
    /// <value>Default null: where the process has its processors to itself, and no container's quota.</value>
    public bool? AllowSpinning { get; set; }

    /// <summary>The most tokens of a conversation, prompt and answer together.</summary>
    /// <value>1 to 16777216; default null: what the model was trained for. Larger values are cut at what the package can compute.</value>
    [Range(1, 1 << 24)]
    public int? ContextLength { get; set; }

    /// <summary>
    /// The most memory of the key-value cache, in bytes, of running and of kept conversations. What does not fit at the same time waits; kept conversations
    /// make room first. For a CPU with Linux each conversation counts with its own tokens, elsewhere with those of the longest.
    /// <see cref="MemoryEstimate"/> says what a context needs.
    /// </summary>
    /// <value>At least 4096; default null: every sequence full, but at most a quarter of the memory that the process may use. GenAI has no limit by
    /// default.</value>
    [Range(4096L, long.MaxValue)]
    public long? MaxCacheBytes { get; set; }

    /// <summary>
    /// The number type of the key-value cache. float16 takes half the memory, in <see cref="MaxCacheBytes"/> too, for slightly slower single tokens after
    /// thousands of others. For ONNX Runtime on a CPU.
    /// </summary>
    /// <value>Default <see cref="Models.CachePrecision.Package"/>.</value>
    public CachePrecision CachePrecision { get; set; }

    /// <summary>
    /// Whether prompts are read with the package's second graph (<c>gemma convert --prefill w8a8</c>): faster, slightly less exact, and its weights take memory
    /// too, which
    /// <see cref="MemoryEstimate"/> tells before. For ONNX Runtime on a CPU.
    /// </summary>
    /// <value>Default false.</value>
    public bool UsePrefillGraph { get; set; }

    /// <summary>
    /// Whether the weights as ONNX Runtime packs them for this processor are written under <c>prepacked/</c> in the package, at the first load: later loads map
    /// them, so that processes share them. Takes two to four times the package's size on disk. Where <c>gemma convert --prepack</c> wrote them already they are
    /// used without this option. For ONNX Runtime on a CPU.
    /// </summary>
    /// <value>Default false.</value>
    public bool PrepackWeights { get; set; }

    /// <summary>Whether every file is hashed and compared with its manifest before it is used, about a second per gigabyte.</summary>
    /// <value>Default false: small files are hashed, large ones are compared by length.</value>
    public bool VerifyFiles { get; set; }

    /// <summary>A copy that nobody else changes, its values checked.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names each.</exception>
    internal EngineOptions CheckedCopy() => new EngineOptionsRules().Validate("Engine", this) is { Failed: true } result
        ? throw new ArgumentException(result.FailureMessage)
        : this with { ProviderOptions = new Dictionary<string, string>(ProviderOptions, StringComparer.Ordinal) };
}
