using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.Selection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Conversion;

/// <summary>Which target a package needs for the device that computes it.</summary>
public static class ConversionTargets
{
    /// <summary>The target for the device that engine options choose on this machine.</summary>
    /// <param name="engine">The options that the package will be opened with.</param>
    /// <exception cref="EngineException">The device is missing.</exception>
    public static ConversionTarget For(EngineOptions engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return EngineSelection.Resolve(engine, NullLogger.Instance).Device == GemmaDevice.Cuda ? ConversionTarget.Cuda : ConversionTarget.Cpu;
    }
}
