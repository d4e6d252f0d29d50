using Gemma.Runtime.Engines.Native;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Engines.GenAI;

/// <summary>Where the tests find the native library.</summary>
internal static class GenAINativeFolder
{
    /// <summary>
    /// The folder in GEMMA_GENAI_NATIVE, that of tests which were built with -p:GemmaAccelerator=genai, or the one beside the checkout; skips the test where
    /// there is none.
    /// </summary>
    public static string Require()
    {
        if (Environment.GetEnvironmentVariable(GenAILocation.FolderVariable) is { Length: > 0 } folder) return folder;
        if (NativeFolders.Find(NativeFolders.InFolder(AppContext.BaseDirectory), GenAILocation.Library) is not null) return AppContext.BaseDirectory;
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the GenAI library beside the checkout is for Linux; name another in " + GenAILocation.FolderVariable);
        return SharedData.Require("native", "onnxruntime-genai-0.18.0");
    }
}
