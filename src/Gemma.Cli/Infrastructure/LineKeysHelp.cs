using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Gemma.Cli.Infrastructure;

/// <summary>Help that also tells the keys of a command's input lines.</summary>
internal sealed class LineKeysHelp(HelpAction help) : SynchronousCommandLineAction
{
    /// <summary>Puts it in the place of the plain help.</summary>
    public static void Use(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new LineKeysHelp((HelpAction)option.Action!);
    }

    // Whoever asks for help has not written everything else yet.
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var result = help.Invoke(parseResult);
        var command = parseResult.CommandResult.Command.Name;
        if (LineKeys.Of(command) is { } keys) Write(parseResult.InvocationConfiguration.Output, "Keys of an input line:", keys);
        if (command == "tokenize") Write(parseResult.InvocationConfiguration.Output, "With --template:", LineKeys.Template);
        return result;
    }

    private static void Write(TextWriter output, string title, LineKeys keys)
    {
        var width = keys.Names.Max(key => key.Name.Length) + 2;
        output.WriteLine(title);
        foreach (var (name, meaning) in keys.Names) output.WriteLine($"  {name.PadRight(width)}{meaning}");
        output.WriteLine();
    }
}
