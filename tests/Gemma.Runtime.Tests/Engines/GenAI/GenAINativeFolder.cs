using Gemma.Runtime.Engines.Native;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Engines.GenAI;

/// <summary>Where the tests find the native library.</summary>
internal static class GenAINativeFolder
{
    /// <summary>The folder in GEMMA_GENAI_NATIVE, or the one beside the checkout; skips the test where there is none.</summary>
    public static string Require()
    {
        if (Environment.GetEnvironmentVariable(GenAILocation.FolderVariable) is { Length: > 0 } folder) return folder;
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the GenAI library beside the checkout is for Linux; name another in " + GenAILocation.FolderVariable);
        return SharedData.Require("native", "onnxruntime-genai-0.18.0");
    }
}
