using Gemma.Runtime.Models;

namespace Gemma.Conversion.Calibration;

/// <summary>Calibration text from a file.</summary>
internal static class FileText
{
    /// <summary>Reads a text and cuts it into sequences of token ids that begin like a text.</summary>
    /// <param name="path">The file.</param>
    /// <param name="folder">The folder with the tokenizer, or null.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="length">The most tokens of a sequence.</param>
    /// <exception cref="InvalidModelException">There is no text or no tokenizer.</exception>
    public static IReadOnlyList<int[]> Read(string path, string? folder, GemmaConfig config, int length)
    {
        if (!File.Exists(path)) throw new InvalidModelException(path, null, "the calibration text does not exist");
        throw new InvalidModelException(folder ?? path, null, "calibrating with a file needs the tokenizer");
    }
}
