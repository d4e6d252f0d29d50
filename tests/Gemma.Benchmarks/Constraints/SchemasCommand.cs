using System.CommandLine;
using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;
using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Generation.Constraints.Tokens;
using Gemma.Tokenization;
using Json.Schema;
using Microsoft.Extensions.AI;
using Spectre.Console;

namespace Gemma.Benchmarks.Constraints;

/// <summary>
/// <c>schemas</c>: answers that follow hundreds of schemas, from random scores over a real vocabulary, judged by JsonSchema.Net and by deserialising; what
/// compiling and each token cost; and the tokens that the shortest answer needs.
/// </summary>
internal static class SchemasCommand
{
    private const int MaxTokens = 300;

    /// <summary>What may be more than the shortest answer.</summary>
    private const int Spare = 5;

    public static Command Create()
    {
        var tokenizer = new Option<string>("--tokenizer")
        {
            Description = "A folder with tokenizer files, or a tokenizer.json, plain or as .gz.",
            DefaultValueFactory = _ => Path.Combine("samples", "models", "tiny-gemma-it"),
        };
        var samples = new Option<int>("--samples") { Description = "Answers per schema.", DefaultValueFactory = _ => 20 };
        var step = new Option<double>("--step")
        {
            Description = "The milliseconds of a decode step, of which the constraint's share is shown.",
            DefaultValueFactory = _ => 40,
        };
        var only = new Option<string>("--only") { Description = "Only the schemas whose name holds this text.", DefaultValueFactory = _ => string.Empty };
        var command = new Command("schemas", "Checks that answers follow schemas, and measures what that costs.") { tokenizer, samples, step, only };
        command.SetAction(parsed =>
            Run(parsed.GetRequiredValue(tokenizer), parsed.GetValue(samples), parsed.GetValue(step), parsed.GetRequiredValue(only)));
        return command;
    }

    private static int Run(string tokenizer, int samples, double step, string only)
    {
        var loaded = Load(tokenizer);
        var started = Stopwatch.GetTimestamp();
        var tokens = new TokenizerBytes(loaded);
        var factory = new ConstraintFactory(() => tokens);
        factory.Json();
        AnsiConsole.WriteLine($"{tokens.Count} pieces arranged in {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms");
        var all = SchemaTypes.Cases().Concat(SchemaKeywordCases.Cases());
        List<SchemaCase> cases = [.. all.Where(test => test.Name.Contains(only, StringComparison.Ordinal))];
        var sampler = new RandomAnswers(tokens);
        List<double> compiled = [];
        List<string> wrong = [];
        var (answers, closed) = (0, 0);
        foreach (var test in cases)
        {
            started = Stopwatch.GetTimestamp();
            var grammar = factory.JsonSchema(test.Schema);
            compiled.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            var judge = JsonSchema.FromText(test.Schema.GetRawText());
            for (var seed = 0; seed < samples; seed++)
            {
                answers++;
                if (Fault(test, judge, sampler.Next(grammar, seed, MaxTokens)) is { } fault) wrong.Add($"{test.Name}: {fault}");
            }

            // With just enough room and a little more, every answer still ends.
            var room = grammar.ShortestAnswer + 1 + Spare;
            var cut = Enumerable.Range(samples, samples).Select(seed => Fault(test, judge, sampler.Next(grammar, seed, room))).OfType<string>().ToList();
            wrong.AddRange(cut.Select(fault => $"{test.Name} in {room} tokens: {fault}"));
            closed += samples - cut.Count;
        }

        foreach (var fault in wrong.Take(40)) AnsiConsole.WriteLine(fault);
        AnsiConsole.Write(new Table().AddColumns("what", "figure")
            .AddRow("schemas", $"{cases.Count}")
            .AddRow("answers that follow their schema and deserialise",
                $"{answers - wrong.Count(fault => !fault.Contains(" tokens: ", StringComparison.Ordinal))} of {answers}")
            .AddRow($"answers that end within the shortest one's tokens + {Spare}", $"{closed} of {answers}")
            .AddRow("compile, median / 95 % / slowest", Figures(compiled))
            .AddRow("constraint per token, median / 95 % / slowest", Figures(sampler.Milliseconds))
            .AddRow($"share of a step of {step:F0} ms, median / 95 %",
                $"{Statistics.Median(sampler.Milliseconds) / step:P2} / {At95(sampler.Milliseconds) / step:P2}"));
        return wrong.Count == 0 ? 0 : 1;
    }

    private static string Figures(IReadOnlyCollection<double> milliseconds) =>
        $"{Statistics.Median(milliseconds):F3} / {At95(milliseconds):F2} / {milliseconds.Max():F1} ms";

    private static double At95(IReadOnlyCollection<double> values) => values.Order().ElementAt(values.Count * 95 / 100);

    private static GemmaTokenizer Load(string path)
    {
        if (Directory.Exists(path)) return GemmaTokenizer.Load(path);
        var folder = Directory.CreateTempSubdirectory("gemma-tokenizer-").FullName;
        try
        {
            using (var source = File.OpenRead(path))
            using (var target = File.Create(Path.Combine(folder, "tokenizer.json")))
            using (var content = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(source, CompressionMode.Decompress) : (Stream)source)
                content.CopyTo(target);
            return GemmaTokenizer.Load(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string? Fault(SchemaCase test, JsonSchema judge, (string Text, bool HasEnded) result)
    {
        var (answer, hasEnded) = result;
        if (!hasEnded) return $"no end: {answer}";
        try
        {
            using var json = JsonDocument.Parse(answer);

            // .NET's own TimeOnly and TimeSpan are no RFC 3339 times, so formats are judged by deserialising.
            if (!judge.Evaluate(json.RootElement, new EvaluationOptions { RequireFormatValidation = false }).IsValid) return $"invalid: {answer}";
            if (test.Type is not null) JsonSerializer.Deserialize(answer, test.Type, AIJsonUtilities.DefaultOptions);
            return null;
        }
        catch (Exception e) when (e is JsonException or FormatException or NotSupportedException)
        {
            return $"{e.Message} {answer}";
        }
    }
}
