using System.CommandLine;
using Gemma.Cli.Commands;
using Gemma.Cli.Infrastructure;

namespace Gemma.Cli;

internal static partial class GemmaCommandLine
{
    static partial void CreateSilo(CommandConsole console, ref Command? silo) => silo = SiloCommand.Create(console);
}
