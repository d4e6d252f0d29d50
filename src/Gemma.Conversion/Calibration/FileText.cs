using Gemma.IO;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Calibration;

/// <summary>Calibration text from a file.</summary>
internal static class FileText
{
    /// <summary>The most tokens that are read: more changes little and takes room on disk.</summary>
    public const int MaxTokens = 16_384;

    /// <summary>Reads a text and cuts it into sequences of token ids that begin like a text.</summary>
    /// <param name="path">The file.</param>
    /// <param name="files">What brings the tokenizer, or null.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="length">The most tokens of a sequence.</param>
    /// <exception cref="InvalidModelException">There is no text or no tokenizer.</exception>
    public static IReadOnlyList<int[]> Read(string path, ModelFiles? files, GemmaConfig config, int length)
    {
        if (!File.Exists(path)) throw new InvalidModelException(path, null, "the calibration text does not exist");
        var tokenizer = files?.LoadTokenizer()
            ?? throw new InvalidModelException(files?.Path
                ?? path, null, "calibrating with a text needs the checkpoint's tokenizer; add it or calibrate with 'self'");
        tokenizer.EnsureFits(config.VocabSize);
        var ids = tokenizer.Encode(RegularFile.ReadAllText(path), addSpecialTokens: false, recognizeControlTokens: true);
        if (ids.Length == 0) throw new InvalidModelException(path, null, "the calibration text is empty");
        return [.. ids.Chunk(length - 1).Take(MaxTokens / length).Select(chunk => config.BosTokenId is { } begin ? (int[])[begin, .. chunk] : chunk)];
    }
}
