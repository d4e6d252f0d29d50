using System.CommandLine;
using Gemma.Peers;

var root = new RootCommand("Measures LLamaSharp (llama.cpp) on the same weights as 'gemma bench', in the same figures. Run it with -c Release.")
{
    GgufCommand.Create(),
    BenchCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
