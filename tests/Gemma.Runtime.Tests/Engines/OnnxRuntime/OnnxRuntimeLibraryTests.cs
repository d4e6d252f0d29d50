using Gemma.Runtime.Engines.Native;

namespace Gemma.Runtime.Tests.Engines.OnnxRuntime;

/// <summary>The native library says nothing over the network.</summary>
public sealed class OnnxRuntimeLibraryTests
{
    [Fact]
    public void Load_Library_HasItsTelemetrySwitchedOff()
    {
        OnnxRuntimeLibrary.Load();
        Assert.Equal("1", Environment.GetEnvironmentVariable("ORT_DISABLE_TELEMETRY"));
    }
}
