using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Embeddings;
using Gemma.Runtime.Models;
using Microsoft.Extensions.Logging;

namespace Gemma.Conversion.Checkpoints;

/// <summary>
/// Copies what a sentence-transformers folder says about vectors into a package: the list of modules, their settings, the weights of its linear layers in
/// float32, and prompts.
/// </summary>
internal static class EmbedderFiles
{
    private const string ConfigFile = "config.json";

    private static readonly string[] Settings = [SentenceModules.FileName, SentenceModules.ConfigFileName, SentenceModules.TransformerFileName];

    /// <exception cref="InvalidModelException">A file is malformed, or a module is none that is run here.</exception>
    public static void Copy(string source, string package, int hiddenSize, ILogger logger)
    {
        if (!File.Exists(Path.Combine(source, SentenceModules.FileName))) return;
        foreach (var name in Settings.Where(name => File.Exists(Path.Combine(source, name))))
            File.Copy(Path.Combine(source, name), Path.Combine(package, name));
        foreach (var (type, folder) in new SentenceModulesReader(source).List().Where(module => module.Type is "Pooling" or "Dense"))
        {
            var target = Directory.CreateDirectory(Path.Combine(package, Path.GetRelativePath(source, folder))).FullName;
            var config = Path.Combine(folder, ConfigFile);
            if (!File.Exists(config)) throw new InvalidModelException(config, null, "the file is missing; download the checkpoint again");
            File.Copy(config, Path.Combine(target, ConfigFile));
            if (type == "Dense") CopyDense(folder, Path.Combine(target, DenseModule.WeightFile), DenseSettings.Load(config), logger);
        }

        // Whatever cannot be run is refused now, not when the first text comes.
        SentenceModules.Load(package, hiddenSize);
    }

    private static void CopyDense(string folder, string target, DenseSettings settings, ILogger logger)
    {
        using var checkpoint = CheckpointFolder.Open(folder, logger);
        var weight = Read(".weight", settings.OutputSize, settings.InputSize);
        var bias = settings.HasBias ? Read(".bias", settings.OutputSize) : [];
        ScoreFile.Write(target, settings.OutputSize, settings.InputSize, weight, bias, DenseModule.TensorName);

        float[] Read(string suffix, params long[] shape)
        {
            var name = DenseModule.TensorName + suffix;
            var tensor = checkpoint.Reader.Tensors.GetValueOrDefault(name)
                ?? throw new InvalidModelException(folder, name, "the tensor is missing; download the checkpoint again");
            if (!tensor.Shape.SequenceEqual(shape))
            {
                throw new InvalidModelException(folder, name,
                    $"the shape is [{string.Join(", ", tensor.Shape)}], but config.json asks for [{string.Join(", ", shape)}]");
            }
            if (!Widening.CanRead(tensor.DataType)) throw new InvalidModelException(folder, name, Widening.Refusal(tensor.DataType));
            var numbers = new float[tensor.ElementCount];
            checkpoint.Reader.Read(name, 0, numbers);
            return ElementTypes.AreFinite(numbers)
                ? numbers
                : throw new InvalidModelException(folder, name, "a weight is NaN or infinite; the checkpoint is damaged or its training diverged");
        }
    }
}
