using System.CommandLine;
using Gemma.Fuzz;
using Gemma.Fuzz.Kills;

var root = new RootCommand("Throws damaged files and texts at Gemma.SemanticKernel, and kills its writing commands. Run it with -c Release.")
{
    RunCommand.Create(),
    KillCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
