using System.CommandLine;
using Gemma.Conversion.Checkpoints;

namespace Gemma.Peers;

/// <summary><c>gguf</c>: writes a checkpoint's weights, or those that <c>gemma bench --shape</c> makes up, as a file that llama.cpp reads.</summary>
internal static class GgufCommand
{
    public static Command Create()
    {
        var source = new Argument<string>("SOURCE") { Description = "A checkpoint of Gemma 1 to 3, or one of the shapes of 'gemma bench --shape'." };
        var target = new Argument<string>("FILE") { Description = "The file to write." };
        var type = new Option<string>("--type")
        {
            Description = $"How matrices are stored: {string.Join(", ", GgufEncoding.Names)}.",
            DefaultValueFactory = _ => "Q4_0",
        };
        var command = new Command("gguf", "Writes a GGUF file of the same weights.") { source, target, type };
        command.SetAction(parsed =>
        {
            var (name, file, encoding) = (parsed.GetRequiredValue(source), parsed.GetRequiredValue(target), GgufEncoding.Of(parsed.GetRequiredValue(type)));
            if (Directory.Exists(name) || File.Exists(name))
            {
                using var folder = CheckpointFolder.Open(name);
                GgufWriter.Write(folder.Reader, folder.LoadConfig(null), encoding, file);
                return;
            }

            using var random = RandomCheckpoint.Create(name);
            GgufWriter.Write(random, random.Config, encoding, file);
        });
        return command;
    }
}
