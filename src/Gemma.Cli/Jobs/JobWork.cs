using System.CommandLine;
using System.Text.Json;
using Gemma.Cli.Infrastructure;
using Gemma.Jobs;
using Gemma.Runtime;

namespace Gemma.Cli.Jobs;

/// <summary>
/// A kind of work: its options, and how a line is done. Another machine reads the options from the job as if they were on its own command line.
/// </summary>
internal abstract class JobWork
{
    protected JobWork(string name, string description) => Command = new Command(name, description);

    /// <summary>The work's name and options.</summary>
    public Command Command { get; }

    /// <summary>All kinds, with options of their own.</summary>
    public static IReadOnlyList<JobWork> CreateAll() => [new ClassifyWork(), new EmbedWork(), new GenerateWork()];

    /// <summary>A worker with the command line's options.</summary>
    /// <exception cref="UsageException">The model cannot do it.</exception>
    public abstract IJobWorker CreateWorker(ParseResult parsed, GemmaModel model, CommandConsole console);

    /// <summary>The options that were given, as an object of lists.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="options">Those of the work alone.</param>
    public static JsonElement WriteOptions(ParseResult parsed, IEnumerable<Option> options)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var option in options.OrderBy(option => option.Name, StringComparer.Ordinal))
            {
                if (parsed.GetResult(option) is not { Implicit: false } result) continue;
                json.WriteStartArray(option.Name);
                foreach (var token in result.Tokens) json.WriteStringValue(token.Value);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return JsonElement.Parse(buffer.ToArray());
    }

    /// <summary>A worker with the options that <see cref="WriteOptions"/> wrote.</summary>
    public static IJobWorker CreateWorker(string kind, JsonElement? options, GemmaModel model, CommandConsole console)
    {
        var work = CreateAll().FirstOrDefault(work => work.Command.Name == kind)
            ?? throw new UsageException($"The job's work '{kind}' is unknown; it was made by another version.");
        string[] arguments = options is { } given
            ? [.. given.EnumerateObject().SelectMany(option => (string[])[option.Name, .. option.Value.EnumerateArray().Select(value => value.GetString()!)])]
            : [];
        var parsed = work.Command.Parse(arguments);
        return parsed.Errors.Count == 0
            ? work.CreateWorker(parsed, model, console)
            : throw new UsageException($"The job's options: {parsed.Errors[0].Message}");
    }

    /// <summary>Does one line with the code of the command of the same name.</summary>
    protected static IJobWorker Worker(LineKeys keys, Func<JsonLine, CancellationToken, Task<Action<Utf8JsonWriter>>> run) => new LineWorker(keys, run);

    private sealed class LineWorker(LineKeys keys, Func<JsonLine, CancellationToken, Task<Action<Utf8JsonWriter>>> run) : IJobWorker
    {
        public async Task<Action<Utf8JsonWriter>> RunAsync(JobLine line, CancellationToken cancellationToken)
        {
            try
            {
                JsonText.CheckNames(line.Element.GetRawText());
                return await run(keys.Check(new JsonLine((int)Math.Min(line.Index + 1, int.MaxValue), line.Element)), cancellationToken);
            }
            catch (Exception e) when (e is UsageException or JsonException)
            {
                throw new JobLineException(e.Message, e);
            }
        }
    }
}
