using System.Runtime.InteropServices;

namespace Gemma.Runtime.Engines.GenAI;

/// <summary>GenAI's way to fail: a result object with a message, or null for success.</summary>
internal static unsafe class GenAIResult
{
    /// <summary>Throws if a function failed.</summary>
    /// <param name="result">What the function returned; destroyed here.</param>
    /// <param name="what">What was attempted, for the message: "ONNX Runtime GenAI cannot {what}: …".</param>
    /// <exception cref="EngineException">The function failed.</exception>
    public static void Check(nint result, string what)
    {
        if (TakeError(result) is { } error) throw new EngineException($"ONNX Runtime GenAI cannot {what}: {error}");
    }

    /// <summary>The message of a failed function, or null.</summary>
    public static string? TakeError(nint result)
    {
        if (result == 0) return null;
        var text = Marshal.PtrToStringUTF8((nint)GenAINative.OgaResultGetError(result));
        GenAINative.OgaDestroyResult(result);
        return string.IsNullOrWhiteSpace(text) ? "no reason given" : text.Trim().ReplaceLineEndings(" ");
    }

    /// <summary>Copies and frees a string that GenAI handed over.</summary>
    public static string TakeString(byte* text)
    {
        var copy = Marshal.PtrToStringUTF8((nint)text) ?? string.Empty;
        GenAINative.OgaDestroyString(text);
        return copy;
    }
}
