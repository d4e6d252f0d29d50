using System.CommandLine;
using Gemma.Benchmarks.Classification;
using Gemma.Benchmarks.Constraints;
using Gemma.Benchmarks.Drafts;
using Gemma.Benchmarks.Engines;
using Gemma.Benchmarks.Hub;
using Gemma.Benchmarks.Jobs;
using Gemma.Benchmarks.Peers;
using Gemma.Benchmarks.Plots;
using Gemma.Benchmarks.Prompts;
using Gemma.Benchmarks.Quantization;
using Gemma.Benchmarks.Routing;
using Gemma.Benchmarks.Sampling;
using Gemma.Benchmarks.Serving;
using Gemma.Benchmarks.Tokenization;

var root = new RootCommand("Measures the parts of Gemma.SemanticKernel. Run it with -c Release.")
{
    ClassifyCommand.Create(),
    QuantizerCommand.Create(),
    QualityCommand.Create(),
    PrefillQualityCommand.Create(),
    TokenizerCommand.Create(),
    TemplateCommand.Create(),
    StressCommand.Create(),
    MixedCommand.Create(),
    SoakCommand.Create(),
    OverheadCommand.Create(),
    PeersCommand.Create(),
    ConversionCommand.Create(),
    SamplerCommand.Create(),
    SchemasCommand.Create(),
    DeviceSamplerCommand.Create(),
    MatricesCommand.Create(),
    CrashesCommand.Create(),
    DraftsCommand.Create(),
    PlotCommand.Create(),
    RouterCommand.Create(),
    JobsCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
