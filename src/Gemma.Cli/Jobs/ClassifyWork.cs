using System.CommandLine;
using Gemma.Cli.Classification;
using Gemma.Cli.Infrastructure;
using Gemma.Jobs;
using Gemma.Runtime;
using Gemma.Runtime.Classification;
using Gemma.Runtime.Models;

namespace Gemma.Cli.Jobs;

/// <summary><c>gemma job classify</c>: results as <c>gemma classify --json</c> writes them.</summary>
internal sealed class ClassifyWork : JobWork
{
    private readonly ClassificationSymbols _symbols;

    public ClassifyWork()
        : base("classify", "Gives every text of files labels.") => _symbols = new ClassificationSymbols(Command, isJob: true);

    public override IJobWorker CreateWorker(ParseResult parsed, GemmaModel model, CommandConsole console)
    {
        var classifier = _symbols.CreateClassifier(parsed, model);
        var options = _symbols.Options(parsed);
        var several = classifier.GetService<SequenceClassifierMetadata>()!.ProblemType == ClassificationProblem.MultiLabel;
        return Worker(LineKeys.Classify, async (line, cancellationToken) =>
        {
            var results = await classifier.ClassifyAsync([ClassificationLine.Parse(line)], options, cancellationToken);
            return json => ClassificationJson.Write(json, results[0], several);
        });
    }
}
