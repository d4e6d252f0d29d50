using System.CommandLine;
using Gemma.Cli.Infrastructure;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma completions</c>: scripts that let shells complete commands and options; they ask the command itself.</summary>
internal static class CompletionsCommand
{
    private const string Bash = """
        # gemma: eval "$(gemma completions bash)" in ~/.bashrc
        _gemma() {
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$(gemma "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _gemma gemma
        """;

    private const string Zsh = """
        #compdef gemma
        # gemma: eval "$(gemma completions zsh)" in ~/.zshrc, after compinit
        _gemma() {
          local -a suggestions
          suggestions=("${(@f)$(gemma "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
          compadd -a suggestions
          _files
        }
        compdef _gemma gemma
        """;

    private const string Fish = """
        # gemma: gemma completions fish | source in ~/.config/fish/config.fish
        complete -c gemma -a '(set -l line (commandline -cp | string collect); gemma "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)'
        """;

    private const string PowerShell = """
        # gemma: gemma completions powershell | Out-String | Invoke-Expression in $PROFILE
        Register-ArgumentCompleter -Native -CommandName gemma -ScriptBlock {
            param($wordToComplete, $commandAst, $cursorPosition)
            gemma "[suggest:$cursorPosition]" "$commandAst" | Where-Object { $_ -like "$wordToComplete*" } |
                ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
        }
        """;

    public static Command Create(CommandConsole console)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh, fish or powershell." }.AcceptOnlyFromAmong("bash", "zsh", "fish", "powershell");
        var command = new Command("completions", "Prints a script that lets a shell complete gemma's commands and options.") { shell };
        command.SetAction(parsed => console.Output.WriteLine(parsed.GetRequiredValue(shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            "fish" => Fish,
            _ => PowerShell,
        }));
        return command;
    }
}
