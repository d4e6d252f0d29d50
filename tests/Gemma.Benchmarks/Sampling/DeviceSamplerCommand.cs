using System.CommandLine;
using System.Diagnostics;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.Selection;
using Gemma.Runtime.Generation.Sampling;
using Gemma.Runtime.Models;
using Spectre.Console;

namespace Gemma.Benchmarks.Sampling;

/// <summary>
/// <c>device-sampler</c>: decode steps per second of ONNX Runtime GenAI where this library chooses the tokens and where GenAI does, in turns.
/// </summary>
internal static class DeviceSamplerCommand
{
    private const int PromptLength = 64;

    private static readonly (string Name, GenerationConfig Config)[] Cases =
    [
        ("greedy", new()),
        ("temperature 0.8, top_k 64, top_p 0.95", new() { DoSample = true, Temperature = 0.8, TopK = 64, TopP = 0.95 }),
    ];

    public static Command Create()
    {
        var package = new Argument<string>("PACKAGE") { Description = "A model package." };
        var folder = new Option<string?>("--genai-folder") { Description = "The folder with GenAI's native library." };
        var device = new Option<GemmaDevice>("--device") { Description = "cpu or cuda." };
        var steps = new Option<int>("--steps") { Description = "Tokens of a measurement.", DefaultValueFactory = _ => 64 };
        var repeat = new Option<int>("--repeat") { Description = "Measurements; medians are printed.", DefaultValueFactory = _ => 5 };
        var command = new Command("device-sampler", "Measures where tokens are chosen.") { package, folder, device, steps, repeat };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var model = await ModelPackage.OpenAsync(parsed.GetRequiredValue(package), verify: false, cancellationToken);
            using var engine = EngineFactory.Create(model, new EngineOptions
            {
                Kind = GemmaEngine.GenAI,
                GenAIFolder = parsed.GetValue(folder),
                Device = parsed.GetValue(device),
                ContextLength = 1024,
                Sampling = SamplingPlace.Device,
            });
            var table = new Table().AddColumns("options", "host ms/step", "device ms/step");
            foreach (var (name, config) in Cases)
            {
                List<double> hosts = [], devices = [];
                for (var i = 0; i < parsed.GetValue(repeat); i++)
                {
                    hosts.Add(Measure(engine, config, onDevice: false, parsed.GetValue(steps), cancellationToken));
                    devices.Add(Measure(engine, config, onDevice: true, parsed.GetValue(steps), cancellationToken));
                }

                table.AddRow(name, $"{Statistics.Median(hosts):F2}", $"{Statistics.Median(devices):F2}");
            }

            AnsiConsole.Write(table);
        });
        return command;
    }

    private static double Measure(IInferenceEngine engine, GenerationConfig config, bool onDevice, int steps, CancellationToken cancellationToken)
    {
        var random = new Random(1);
        int[] tokens = [.. Enumerable.Range(0, PromptLength).Select(_ => random.Next(3, engine.Info.VocabularySize))];
        var selector = new TokenSelector(config, engine.Info.VocabularySize, tokens.Length, []);
        using var sequence = engine.CreateSequence();
        sequence.Reserve(PromptLength + steps + 2);
        var next = Step(tokens);
        next = Step([next]);
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < steps; i++) next = Step([next]);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds / steps;

        int Step(int[] ids)
        {
            engine.Run([new EngineInput(sequence, ids, Sampling: onDevice ? selector.Sampling : null)], cancellationToken);
            return sequence.SampledToken ?? selector.Select(sequence.Logits, tokens);
        }
    }
}
