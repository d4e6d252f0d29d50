using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Gemma.Cli.Tests.Chat;

/// <summary>The command in a terminal of its own, which util-linux' <c>script</c> makes; keys go in, what a person would see comes out.</summary>
internal sealed partial class PseudoTerminal : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _seen = new();
    private readonly Task _reading;

    private PseudoTerminal(Process process)
    {
        _process = process;
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Whether this machine can make one.</summary>
    public static bool IsAvailable => OperatingSystem.IsLinux() && File.Exists("/usr/bin/script");

    /// <summary>Everything that was shown, without colours.</summary>
    public string Text
    {
        get
        {
            lock (_seen) return Escapes.Replace(_seen.ToString(), string.Empty);
        }
    }

    /// <summary>What a person would see: the text after all movements of the cursor within its line.</summary>
    public string Screen
    {
        get
        {
            string shown;
            lock (_seen) shown = _seen.ToString();
            List<StringBuilder> rows = [new()];
            var column = 0;
            foreach (Match part in Parts.Matches(shown))
            {
                var row = rows[^1];
                if (part.Value == "\n") rows.Add(new StringBuilder());
                if (part.Value is "\n" or "\r") column = 0;
                else if (part.Groups["move"].Success) column = int.Parse(part.Groups["move"].Value, CultureInfo.InvariantCulture) - 1;
                else if (part.Value == "\u001b[J") row.Length = Math.Min(row.Length, column);
                else if (part.Value[0] != '\u001b')
                {
                    row.Length = Math.Max(row.Length, column + 1);
                    row[column++] = part.Value[0];
                }
            }

            return string.Join('\n', rows.Select(row => row.ToString().Replace('\0', ' ').TrimEnd()));
        }
    }

    public static PseudoTerminal Start(params string[] arguments)
    {
        var command = string.Join(' ', new[] { "dotnet", Path.Combine(AppContext.BaseDirectory, "gemma.dll") }.Concat(arguments).Select(part => $"'{part}'"));
        var start = new ProcessStartInfo("/usr/bin/script",
            ["--quiet", "--return", "--flush", "--command", $"stty cols 120 rows 40; exec {command}", "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["TERM"] = "xterm-256color";
        start.Environment["SHELL"] = "/bin/sh";
        return new PseudoTerminal(Process.Start(start)!);
    }

    /// <summary>Waits until the text is shown, behind what was shown when the last key was sent.</summary>
    public async Task<string> ExpectAsync(string text, int from = 0)
    {
        for (var start = Stopwatch.GetTimestamp(); ; await Task.Delay(20, TestContext.Current.CancellationToken))
        {
            var shown = Text;
            if (shown.Length >= from && shown[from..].Contains(text, StringComparison.Ordinal)) return shown[from..];
            if (Stopwatch.GetElapsedTime(start) > Patience || (_process.HasExited && _reading.IsCompleted))
                Assert.Fail($"'{text}' was not shown; what was:\n{shown}");
        }
    }

    /// <summary>Types, and gives where the answer begins.</summary>
    public async Task<int> TypeAsync(string keys)
    {
        var from = Text.Length;
        await _process.StandardInput.WriteAsync(keys);
        await _process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        return from;
    }

    /// <summary>Waits for the end.</summary>
    public async Task<int> ExitCodeAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(limit.Token);
        await _reading;
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new char[1024];
        for (int count; (count = await _process.StandardOutput.ReadAsync(buffer)) > 0;)
        {
            lock (_seen) _seen.Append(buffer, 0, count);
        }
    }

    [GeneratedRegex("\u001b\\[(?<move>[0-9]+)G|\u001b(\\[[0-9;?]*[A-Za-z]|[=>]|\\][^\u0007]*\u0007)|[\\s\\S]")]
    private static partial Regex Parts { get; }

    [GeneratedRegex("\u001b(\\[[0-9;?]*[A-Za-z]|[=>]|\\][^\u0007]*\u0007)|\r")]
    private static partial Regex Escapes { get; }
}
