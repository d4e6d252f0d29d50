using System.CommandLine;
using Gemma.Cli.Infrastructure;
using Gemma.Cli.Tokenize;
using Gemma.Conversion.Checkpoints.Gguf;
using Gemma.Runtime.Prompts;
using Gemma.Tokenization;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma tokenize</c>: text to ids and back, as transformers does it.</summary>
internal static class TokenizeCommand
{
    public static Command Create(CommandConsole console)
    {
        var folder = new Argument<string>("PACKAGE") { Description = "A package, a checkpoint, a GGUF file, or a folder with only tokenizer files." };
        var json = new Option<bool>("--json")
        {
            Description =
                "JSON Lines in and out: {\"text\"}, {\"ids\"}, {\"texts\"} (a batch) or {\"messages\"} a line, with options of the same names as "
                    + "transformers'. Otherwise each line of input is a text.",
        };
        var template = new Option<bool>("--template")
        {
            Description =
                "With --json: render {\"messages\", \"tools\", \"documents\", \"add_generation_prompt\", \"continue_final_message\", \"kwargs\", \"now\"} "
                    + "with the folder's chat template, as transformers' apply_chat_template does.",
        };
        var command = new Command("tokenize", "Turns text into token ids and ids into text.") { folder, json, template };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = parsed.GetRequiredValue(folder);
            var (tokenizer, chat, templates) = Load(path);
            if (parsed.GetValue(template))
            {
                if (!parsed.GetValue(json)) throw new UsageException("--template reads and writes JSON Lines: add --json.");
                var prompts = new TemplateLines(tokenizer, templates.Value, console.Output);
                await foreach (var line in JsonLines.ReadAsync(console.Input, LineKeys.Template, cancellationToken)) prompts.Write(line, cancellationToken);
                return;
            }

            if (parsed.GetValue(json))
            {
                var lines = new TokenizeLines(tokenizer, chat, console.Output);
                await foreach (var line in JsonLines.ReadAsync(console.Input, LineKeys.Tokenize, cancellationToken)) lines.Write(line);
                return;
            }

            while (await console.Input.ReadLineAsync(cancellationToken) is { } text)
            {
                var tokens = tokenizer.Tokenize(text);
                await console.Output.WriteLineAsync(string.Join(' ', tokens.Ids.Zip(tokens.Pieces, (id, piece) => $"{id}:{piece.ReplaceLineEndings("\\n")}")));
            }
        });
        return command;
    }

    private static (GemmaTokenizer Tokenizer, Lazy<IChatTemplate?> Chat, Lazy<FolderTemplates> Templates) Load(string path)
    {
        if (!GgufModel.IsGguf(path))
        {
            var folder = GemmaTokenizer.Load(path);
            return (folder, new(() => ChatTemplates.Load(path, folder)), new(() => FolderTemplates.Read(path, folder)));
        }

        var (tokenizer, files) = GgufModel.LoadTokenizer(path);
        return (tokenizer, new(() => ChatTemplates.Of(files, tokenizer)), new(() => FolderTemplates.Of(path, files, tokenizer)));
    }
}
