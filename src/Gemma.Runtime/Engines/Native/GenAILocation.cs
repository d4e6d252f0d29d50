namespace Gemma.Runtime.Engines.Native;

/// <summary>Where the native GenAI library is.</summary>
internal static class GenAILocation
{
    /// <summary>Its name, without what the platform adds.</summary>
    public const string Library = "onnxruntime-genai";

    /// <summary>Names a folder with the library where no option does.</summary>
    public const string FolderVariable = "GEMMA_GENAI_NATIVE";

    /// <summary>Where the library would be loaded from.</summary>
    /// <exception cref="EngineException">It is not there.</exception>
    public static string Find(string? folder)
    {
        folder ??= Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } configured ? configured : null;
        var file = NativeFolders.FileName(Library);
        return folder is null
            ? NativeFolders.Find(NativeFolders.OfApplication(), Library)
                ?? throw new EngineException(
                    $"The native library {file} is missing: reference the package Microsoft.ML.OnnxRuntimeGenAI (CPU) or Microsoft.ML.OnnxRuntimeGenAI.Cuda "
                        + $"in the application, or name its folder in the options or in {FolderVariable}.")
            : NativeFolders.Find(NativeFolders.InFolder(Path.GetFullPath(folder)), Library)
                ?? throw new EngineException($"{folder} has no {file}, nor has its sub-folder runtimes/{NativeFolders.Rid}/native or {NativeFolders.Rid}.");
    }
}
