// Finds lines by their meaning: embeddings, and a vector store through Microsoft.Extensions.VectorData.
//   dotnet run --project samples/Retrieval                                    the tiny model of this repository, which shows the way and little more
//   dotnet run --project samples/Retrieval -- /models/embeddinggemma-300m     EmbeddingGemma: a checkpoint or a model package
// Lines on standard input are questions.
using Gemma.Runtime.Models;
using Gemma.Samples.Retrieval;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

var services = new ServiceCollection();
services.AddGemma(options =>
{
    options.ModelPath = args.Length > 0 ? args[0] : Path.Combine(AppContext.BaseDirectory, "models", "tiny-gemma-it");
    if (args.Length == 0) options.Conversion.Precision = ModelPrecision.Fp32;
});
await using var provider = services.BuildServiceProvider();
var generator = provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();

try
{
    // EmbeddingGemma was trained with other prompts for what is searched than for what searches; the tiny model knows none.
    var isEmbedder = args.Length > 0 && Directory.Exists(args[0]) && File.Exists(Path.Combine(args[0], "config_sentence_transformers.json"));
    using var notes = new MemoryNotes(generator, Prompt("query"));
    var lines = await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "notes.txt"));
    var vectors = await generator.GenerateAsync(lines, Prompt("document"));
    await notes.UpsertAsync(lines.Select((line, i) => new Note { Id = i, Text = line, Vector = vectors[i].Vector }));
    while (await Console.In.ReadLineAsync() is { Length: > 0 } question)
    {
        await foreach (var result in notes.SearchAsync(question, top: 2)) Console.WriteLine($"{result.Score:0.000}  {result.Record.Text}");
    }

    return 0;

    EmbeddingGenerationOptions Prompt(string name) => new() { AdditionalProperties = isEmbedder ? new() { ["prompt_name"] = name } : null };
}
catch (Gemma.GemmaException e)
{
    Console.Error.WriteLine($"error: {e.Message}");
    return 1;
}
