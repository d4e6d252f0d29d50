using System.CommandLine;
using Gemma.Benchmarks.Quantization;

var root = new RootCommand("Measures the parts of Gemma.SemanticKernel. Run it with -c Release.")
{
    QuantizerCommand.Create(),
    QualityCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
