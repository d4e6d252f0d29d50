using System.CommandLine;
using System.Text.Json;

namespace Gemma.Peers;

/// <summary><c>bench</c>: the figures of <c>gemma bench --parts single batch --json</c>, computed by LLamaSharp with its defaults.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("GGUF") { Description = "The model." };
        var prompt = new Option<int>("--prompt-tokens") { Description = "Tokens of the prompt.", DefaultValueFactory = _ => 256 };
        var tokens = new Option<int>("--max-new-tokens") { Description = "Tokens generated per measurement.", DefaultValueFactory = _ => 32 };
        var repeat = new Option<int>("--repeat") { Description = "Repetitions; medians are reported.", DefaultValueFactory = _ => 3 };
        var concurrency = new Option<int>("--concurrency") { Description = "The most sequences in one batch.", DefaultValueFactory = _ => 8 };
        var threads = new Option<int>("--threads") { Description = "Threads; 0: LLamaSharp's choice." };
        var command = new Command("bench", "Measures load, prefill, decode and batches with LLamaSharp.") { file, prompt, tokens, repeat, concurrency,
            threads };
        command.SetAction(parsed =>
        {
            using var model = new LlamaModel(parsed.GetRequiredValue(file), parsed.GetValue(threads), parsed.GetValue(prompt) + parsed.GetValue(tokens),
                parsed.GetValue(concurrency));
            var figures = LlamaBenchmark.Run(model, parsed.GetValue(prompt), parsed.GetValue(tokens), parsed.GetValue(repeat), parsed.GetValue(concurrency));
            using var json = new Utf8JsonWriter(Console.OpenStandardOutput());
            json.WriteStartObject();
            json.WriteString("engine", "LLamaSharp");
            json.WriteNumber("load_seconds", model.LoadSeconds);
            json.WriteNumber("prefill_tokens_per_second", figures.Prefill);
            json.WriteNumber("decode_tokens_per_second", figures.Decode);
            json.WriteStartArray("batch");
            foreach (var (sequences, speed) in figures.Batches)
            {
                json.WriteStartObject();
                json.WriteNumber("sequences", sequences);
                json.WriteNumber("decode_tokens_per_second", speed);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.Flush();
            Console.WriteLine();
        });
        return command;
    }
}
