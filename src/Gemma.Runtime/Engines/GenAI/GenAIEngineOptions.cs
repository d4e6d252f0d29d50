using Gemma.Runtime.Engines.Processors;
using Gemma.Runtime.Models.Architecture;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Runtime.Engines.GenAI;

/// <summary>What the GenAI engine opens, and how.</summary>
internal sealed record GenAIEngineOptions
{
    /// <summary>What was asked for; the device is already decided below.</summary>
    public EngineOptions Engine { get; init; } = new();

    /// <summary>Where to compute: a processor or an NVIDIA GPU.</summary>
    public GemmaDevice Device { get; init; }

    /// <summary>The package's folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The caches of keys and values, all of which GenAI keeps whole.</summary>
    public required KeyValueLayout KeyValueLayout { get; init; }

    /// <summary>The most tokens of a sequence.</summary>
    public required int ContextLength { get; init; }

    /// <summary>The most sequences with a cache, idle ones included; others are recomputed when they are needed again.</summary>
    public int MaxSequences { get; init; } = 16;

    /// <summary>Receives what the native library logs.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>What the graph is opened with.</summary>
    public ThreadSettings ThreadSettings => ThreadSettings.For(Engine.Threads, Engine.AllowSpinning);
}
