using System.CommandLine;
using System.Globalization;
using Gemma.Cli.Classification;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime;
using Gemma.Runtime.Classification;
using Gemma.Runtime.Models;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma classify</c>: texts, pairs, conversations or ids in, labels out.</summary>
internal static class ClassifyCommand
{
    public static Command Create(CommandConsole console)
    {
        var command = new Command("classify", "Gives texts labels: JSON Lines on standard input, with text (and text_pair), messages or ids.");
        var model = new ModelSymbols(command);
        var symbols = new ClassificationSymbols(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var loaded = await model.LoadAsync(parsed, console, cancellationToken);
            var work = new Work(console, loaded, symbols, parsed);
            if (IsTokenHead(loaded.Package, symbols.Head(parsed))) await work.ClassifyTokensAsync(cancellationToken);
            else if (symbols.Evaluate(parsed) is { } file) await work.EvaluateAsync(file, cancellationToken);
            else await work.ClassifyAsync(cancellationToken);
        });
        return command;
    }

    private static bool IsTokenHead(ModelPackage package, string? name) =>
        name is not null ? package.Heads.TryGetValue(name, out var head) && head.Kind == ClassificationHeadKind.Token
        : package.Heads.Count > 0 && package.Heads.Values.All(head => head.Kind == ClassificationHeadKind.Token);

    private sealed class Work(CommandConsole console, GemmaModel model, ClassificationSymbols symbols, ParseResult parsed)
    {
        private readonly bool _json = symbols.Json(parsed);
        private readonly ClassificationOptions _options = symbols.Options(parsed);
        private readonly LineQueue _lines = new();
        private readonly TextProgress _progress = new(console.Error);

        public async Task ClassifyAsync(CancellationToken cancellationToken)
        {
            using var classifier = symbols.CreateClassifier(parsed, model);
            var several = classifier.GetService<SequenceClassifierMetadata>()!.ProblemType == ClassificationProblem.MultiLabel;
            var inputs = _lines.InputsAsync(JsonLines.ReadAsync(console.Input, LineKeys.Classify, cancellationToken), cancellationToken);
            await foreach (var (_, result) in _lines.JoinAsync(classifier.ClassifyStreamingAsync(inputs, _options, cancellationToken), cancellationToken))
            {
                if (_json) JsonLines.Write(console.Output, json => ClassificationJson.Write(json, result, several));
                else
                {
                    await console.Output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                        $"{(several ? string.Join(", ", result.SelectedLabels) : result.Label)}\t{result.Score:0.####}"));
                }
                _progress.Add();
            }
        }

        public async Task ClassifyTokensAsync(CancellationToken cancellationToken)
        {
            if (symbols.Evaluate(parsed) is not null) throw new UsageException("--evaluate compares labels of texts; this head labels tokens.");
            using var classifier = new GemmaTokenClassifier(model, symbols.Head(parsed));
            var inputs = _lines.InputsAsync(JsonLines.ReadAsync(console.Input, LineKeys.Classify, cancellationToken), cancellationToken);
            await foreach (var (_, result) in _lines.JoinAsync(classifier.ClassifyTokensAsync(inputs, _options, cancellationToken), cancellationToken))
            {
                if (_json) JsonLines.Write(console.Output, json => ClassificationJson.Write(json, result));
                else
                {
                    await console.Output.WriteLineAsync(string.Join(' ',
                        result.Tokens.Select(token => $"{token.Piece ?? token.TokenId.ToString(CultureInfo.InvariantCulture)}/{token.Result.Label}")));
                }
                _progress.Add();
            }
        }

        public async Task EvaluateAsync(string file, CancellationToken cancellationToken)
        {
            using var classifier = symbols.CreateClassifier(parsed, model);
            var metadata = classifier.GetService<SequenceClassifierMetadata>()!;
            using var reader = new StreamReader(file);
            var inputs = _lines.InputsAsync(JsonLines.ReadAsync(reader, LineKeys.Classify, cancellationToken), cancellationToken);
            var evaluation = Evaluation.Create(metadata);
            await foreach (var (line, result) in _lines.JoinAsync(classifier.ClassifyStreamingAsync(inputs, _options, cancellationToken), cancellationToken))
            {
                evaluation.Add(line, result);
                _progress.Add();
            }

            if (_json) JsonLines.Write(console.Output, evaluation.Write);
            else evaluation.Print(console.OutputTerminal);
        }
    }
}
