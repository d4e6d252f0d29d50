using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Gemma.Runtime.Prompts;
using Gemma.Tokenization;
using Spectre.Console;

namespace Gemma.Benchmarks.Prompts;

/// <summary><c>template</c>: how long a chat template takes to parse, and to render a long conversation.</summary>
internal static class TemplateCommand
{
    public static Command Create()
    {
        var data = new Option<string>("--data")
        {
            Description = "The folder with templates.",
            DefaultValueFactory = _ => Path.Combine("..", "shared", "goldens-templates", "templates"),
        };
        var tokenizer = new Option<string>("--tokenizer")
        {
            Description = "A folder with a tokenizer.",
            DefaultValueFactory = _ => Path.Combine("samples", "models", "tiny-gemma-it"),
        };
        var messages = new Option<int>("--messages") { Description = "Messages of the conversation.", DefaultValueFactory = _ => 100 };
        var repeats = new Option<int>("--repeats") { Description = "Measurements of each; the median is shown.", DefaultValueFactory = _ => 51 };
        var command = new Command("template", "Measures chat templates: parsing, and rendering a conversation.") { data, tokenizer, messages, repeats };
        command.SetAction(parsed =>
            Run(parsed.GetRequiredValue(data), parsed.GetRequiredValue(tokenizer), parsed.GetValue(messages), parsed.GetValue(repeats)));
        return command;
    }

    private static void Run(string data, string tokenizerFolder, int messages, int repeats)
    {
        var tokenizer = GemmaTokenizer.Load(tokenizerFolder);
        ChatTurn[] turns = [.. Enumerable.Range(0, messages)
            .Select(i => new ChatTurn(i % 2 == 0
                ? "user"
                : "assistant", $" Message {i}: what is there to say about it?\n\nA second paragraph, with as many words as people write when they chat. "))];
        var table = new Table().AddColumns("template", "parse, ms", $"render {messages} messages, ms", "characters");
        List<double> all = [];
        foreach (var path in Directory.EnumerateFiles(data, "*.jinja").Order(StringComparer.Ordinal))
        {
            var source = File.ReadAllText(path);
            var template = ChatTemplates.Parse(source, tokenizer);
            var request = new ChatTemplateRequest(turns);
            try
            {
                var length = template.RenderPrompt(request).Text.Length;
                var (parse, render) = (Median(repeats, () => ChatTemplates.Parse(source, tokenizer)), Median(repeats, () => template.RenderPrompt(request)));
                all.Add(render);
                table.AddRow(Path.GetFileNameWithoutExtension(path), parse.ToString("F2", CultureInfo.InvariantCulture),
                    render.ToString("F2", CultureInfo.InvariantCulture), length.ToString(CultureInfo.InvariantCulture));
            }
            catch (ChatTemplateException e)
            {
                table.AddRow(Path.GetFileNameWithoutExtension(path), "-", Markup.Escape(e.Reason ?? e.Message), "-");
            }
        }

        AnsiConsole.Write(table);
        AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{all.Count} templates, medians of {repeats}: slowest {all.Max():F2} ms, median {Statistics.Median(all):F2} ms"));
    }

    private static double Median(int repeats, Action action)
    {
        action();
        return Statistics.Median([.. Enumerable.Range(0, repeats).Select(_ =>
        {
            var start = Stopwatch.GetTimestamp();
            action();
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        })]);
    }
}
