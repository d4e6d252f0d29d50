using System.CommandLine;
using Gemma.Cli.Classification;
using Gemma.Cli.Infrastructure;
using Gemma.Jobs;
using Gemma.Runtime;
using Gemma.Runtime.Inputs;

namespace Gemma.Cli.Jobs;

/// <summary><c>gemma job embed</c>: results as <c>gemma embed</c> writes them.</summary>
internal sealed class EmbedWork : JobWork
{
    private readonly EmbeddingSymbols _symbols;

    public EmbedWork()
        : base("embed", "Makes a vector of every text of files.") => _symbols = new EmbeddingSymbols(Command);

    public override IJobWorker CreateWorker(ParseResult parsed, GemmaModel model, CommandConsole console)
    {
        var generator = _symbols.CreateGenerator(parsed, model);
        var options = _symbols.Options(parsed);
        return Worker(LineKeys.Embed, async (line, cancellationToken) =>
        {
            ClassificationInput[] inputs = [ClassificationLine.Parse(line)];
            var (vector, _) = await generator.ReadAsync(inputs.ToAsyncEnumerable(), options, cancellationToken).SingleAsync(cancellationToken);
            return json => EmbeddingSymbols.Write(json, vector);
        });
    }
}
