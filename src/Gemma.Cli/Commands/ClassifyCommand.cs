using System.CommandLine;
using System.Globalization;
using Gemma.Cli.Classification;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime;
using Gemma.Runtime.Classification;
using Gemma.Runtime.Inputs;
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
            if (!symbols.IsZeroShot(parsed) && IsTokenHead(loaded.Package, symbols.Head(parsed))) await work.ClassifyTokensAsync(cancellationToken);
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
        private readonly TextProgress _progress = new(console.Error);

        public async Task ClassifyAsync(CancellationToken cancellationToken)
        {
            var (classifier, metadata) = CreateClassifier();
            using (classifier)
            {
                var several = metadata.ProblemType == ClassificationProblem.MultiLabel;
                await RunAsync(console.Input, (input, leaving) => classifier.ClassifyAsync(input, _options, leaving), (_, result) =>
                {
                    if (_json) JsonLines.Write(console.Output, json => ClassificationJson.Write(json, result, several));
                    else
                    {
                        console.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                            $"{(several ? string.Join(", ", result.SelectedLabels) : result.Label)}\t{result.Score:0.####}"));
                    }
                }, cancellationToken);
            }
        }

        public async Task ClassifyTokensAsync(CancellationToken cancellationToken)
        {
            if (symbols.Evaluate(parsed) is not null) throw new UsageException("--evaluate compares labels of texts; this head labels tokens.");
            using var classifier = new GemmaTokenClassifier(model, symbols.Head(parsed));
            await RunAsync(console.Input, async (input, leaving) => (await classifier.ClassifyTokensAsync([input], _options, leaving))[0], (_, result) =>
            {
                if (_json) JsonLines.Write(console.Output, json => ClassificationJson.Write(json, result));
                else
                {
                    console.Output.WriteLine(string.Join(' ',
                        result.Tokens.Select(token => $"{token.Piece ?? token.TokenId.ToString(CultureInfo.InvariantCulture)}/{token.Result.Label}")));
                }
            }, cancellationToken);
        }

        public async Task EvaluateAsync(string file, CancellationToken cancellationToken)
        {
            var (classifier, metadata) = CreateClassifier();
            using (classifier)
            {
                using var reader = new StreamReader(file);
                var evaluation = Evaluation.Create(metadata);
                await RunAsync(reader, (input, leaving) => classifier.ClassifyAsync(input, _options, leaving), evaluation.Add, cancellationToken);
                if (_json) JsonLines.Write(console.Output, evaluation.Write);
                else evaluation.Print(console.OutputTerminal);
            }
        }

        // Wrong options are told before the first line is read.
        private (ISequenceClassifier Classifier, SequenceClassifierMetadata Metadata) CreateClassifier()
        {
            var classifier = symbols.CreateClassifier(parsed, model);
            var metadata = classifier.GetService<SequenceClassifierMetadata>()!;
            _options.Validate(metadata.Labels);
            return (classifier, metadata);
        }

        private Task RunAsync<T>(TextReader input, Func<ClassificationInput, CancellationToken, Task<T>> classify, Action<JsonLine, T> take,
            CancellationToken cancellationToken) => OrderedBatch.RunAsync(
                JsonLines.ReadAsync(input, LineKeys.Classify, cancellationToken),
                async (line, leaving) => (Line: line, Result: await classify(ClassificationLine.Parse(line), leaving)),
                done =>
                {
                    take(done.Line, done.Result);
                    _progress.Add();
                },
                cancellationToken);
    }
}
