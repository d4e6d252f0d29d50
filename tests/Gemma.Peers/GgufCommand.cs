using System.CommandLine;
using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Peers;

/// <summary><c>gguf</c>: writes a checkpoint's weights, or those that <c>gemma bench --shape</c> makes up, as the Q4_0 file that llama.cpp reads.</summary>
internal static class GgufCommand
{
    public static Command Create()
    {
        var source = new Argument<string>("SOURCE") { Description = "A Gemma 1 checkpoint, or the shape 2b or 7b with random weights." };
        var target = new Argument<string>("FILE") { Description = "The file to write." };
        var headSize = new Option<int>("--head-size") { Description = "Size of an attention head.", DefaultValueFactory = _ => 256 };
        var context = new Option<int>("--context") { Description = "The longest sequence.", DefaultValueFactory = _ => 8192 };
        var command = new Command("gguf", "Writes a GGUF file of the same weights (Q4_0).") { source, target, headSize, context };
        command.SetAction(parsed =>
        {
            using var reader = Open(parsed.GetRequiredValue(source));
            GgufWriter.Write(reader.Reader, parsed.GetRequiredValue(target), parsed.GetValue(headSize), parsed.GetValue(context));
        });
        return command;
    }

    private static Source Open(string name)
    {
        if (name is not ("2b" or "7b")) return new Source(CheckpointFolder.Open(name));
        var random = RandomCheckpoint.Create(name);
        return new Source(random, random);
    }

    private sealed record Source(CheckpointReader Reader, IDisposable Owner) : IDisposable
    {
        public Source(CheckpointFolder folder)
            : this(folder.Reader, folder)
        {
        }

        public void Dispose() => Owner.Dispose();
    }
}
