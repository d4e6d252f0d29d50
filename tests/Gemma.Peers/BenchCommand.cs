using System.CommandLine;

namespace Gemma.Peers;

/// <summary><c>bench</c>: figures of <c>gemma bench --json</c>, computed by LLamaSharp with its defaults.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("GGUF") { Description = "The model." };
        var command = new Command("bench", "Measures load, prefill, decode and batches, or texts of an embedder, with LLamaSharp.") { file };
        PeerOptions.AddTo(command);
        command.SetAction(parsed =>
        {
            var options = new PeerOptions(parsed);
            using var model = new LlamaModel(parsed.GetRequiredValue(file), options.Threads, options.PromptTokens + options.NewTokens, options.Concurrency);
            var report = model.IsEmbedder ? LlamaBenchmark.Embed(model, options) : LlamaBenchmark.Generate(model, options);
            report.Print();
        });
        return command;
    }
}
