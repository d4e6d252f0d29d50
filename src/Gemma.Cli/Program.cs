using Gemma.Cli;
using Gemma.Cli.Infrastructure;

using var console = CommandConsole.OpenStandard();
return await GemmaCommandLine.RunAsync(args, console);
