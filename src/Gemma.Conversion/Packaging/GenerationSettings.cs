using Gemma.Json;
using Gemma.Runtime.Models;
using Microsoft.Extensions.Logging;

namespace Gemma.Conversion.Packaging;

/// <summary>Tells at conversion what no request could be answered with: a checkpoint's own generation settings that cannot hold.</summary>
internal static partial class GenerationSettings
{
    private const string FileName = "generation_config.json";

    /// <summary>Reads a folder's settings and warns of those out of range.</summary>
    /// <param name="folder">The checkpoint.</param>
    /// <param name="vocabularySize">The model's embeddings.</param>
    /// <param name="logger">Takes the warnings.</param>
    /// <exception cref="GemmaException">The file is malformed, so that no package with it could be opened.</exception>
    public static void Check(string folder, int vocabularySize, ILogger logger)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return;
        try
        {
            var config = GenerationConfig.Load(path);
            foreach (var id in config.EosTokenId ?? [])
                if (id >= vocabularySize) LogNoToken(logger, path, id, vocabularySize);
            config.Validate();
            using var document = JsonSection.Load(path);
            foreach (var option in GenerationConfigReader.FindUnsupported(document.RootElement)) LogUnsupported(logger, path, option);
        }
        catch (InvalidGenerationConfigException e)
        {
            LogSettings(logger, path, e.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{Path}: {Problem} Requests that do not set it themselves will be refused; change the file and convert again")]
    private static partial void LogSettings(ILogger logger, string path, string problem);

    [LoggerMessage(2, LogLevel.Warning, "{Path}: eos_token_id: the model has no token {Id} (it has {Count}), so nothing ends with it")]
    private static partial void LogNoToken(ILogger logger, string path, int id, int count);

    [LoggerMessage(3, LogLevel.Warning, "{Path}: {Option}: this part of transformers' generate() is not supported, and is left out")]
    private static partial void LogUnsupported(ILogger logger, string path, string option);
}
