using System.CommandLine;
using Gemma.Cli.Infrastructure;
using Gemma.Jobs;
using Gemma.Runtime;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Models;

namespace Gemma.Cli.Jobs;

/// <summary><c>gemma job generate</c>: results as <c>gemma generate --json</c> writes them.</summary>
internal sealed class GenerateWork : JobWork
{
    private readonly GenerationSymbols _symbols;

    public GenerateWork()
        : base("generate", "Continues every prompt of files.") => _symbols = new GenerationSymbols(Command);

    public override IJobWorker CreateWorker(ParseResult parsed, GemmaModel model, CommandConsole console)
    {
        var defaults = new GenerationRequest { Config = _symbols.Read(parsed) };
        if (IsRandom(model, defaults.Config))
            throw new UsageException("Sampling without a seed gives other texts each time a part runs: add --seed N, or --do-sample false.");
        var warning = new ControlTextWarning(model.Tokenizer, console.Error, recognizesControlTokens: false);
        return Worker(LineKeys.Generate, async (line, cancellationToken) =>
        {
            if (line.Find("options") is { } options && IsRandom(model, defaults.Config.Merge(GenerationConfig.Parse(options))))
                throw line.Error("options", "sampling needs a seed, so that a part that runs twice is the same twice");
            var result = await GeneratedLine.RunAsync(model, line, defaults, warning, cancellationToken);
            return json => result.Write(json, model);
        });
    }

    private static bool IsRandom(GemmaModel model, GenerationConfig config) => model.GenerationDefaults.Merge(config) is { DoSample: true, Seed: null };
}
