using System.CommandLine;
using Gemma.Cli.Commands;
using Gemma.Cli.Infrastructure;

namespace Gemma.Cli;

internal static partial class GemmaCommandLine
{
    static partial void AddCluster(RootCommand root, CommandConsole console) => root.Add(SiloCommand.Create(console));
}
