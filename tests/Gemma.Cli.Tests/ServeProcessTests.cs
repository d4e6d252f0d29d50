using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Gemma.Tests;

namespace Gemma.Cli.Tests;

/// <summary><c>gemma serve</c> as a process of its own that the system tells to stop.</summary>
public sealed partial class ServeProcessTests(TinyGemmaHeads heads)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    // Longer than System.CommandLine waits on its own.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(3.5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A stream whose reader is slow outlasts the signal: it ends with its last frame, and then the process does.</summary>
    [Fact]
    public async Task Terminate_RunningStream_ComesToItsEnd()
    {
        if (OperatingSystem.IsWindows()) return;
        using var process = await StartAsync();
        using var socket = await AskAsync(process.Address);
        var stream = socket.GetStream();
        var beginning = await ReadSomeAsync(stream);
        await process.TerminateAsync();
        await Task.Delay(Pause, Token);
        Assert.False(process.HasExited, "The process ended before its stream.");
        socket.ReceiveBufferSize = 1 << 20;
        using var reader = new StreamReader(stream);
        var text = beginning + await reader.ReadToEndAsync(Token);
        Assert.Contains("data: [DONE]", text, StringComparison.Ordinal);
        Assert.Equal(0, await process.ExitCodeAsync());
    }

    /// <summary>Who signals twice does not want to wait.</summary>
    [Fact]
    public async Task Terminate_Twice_EndsAtOnce()
    {
        if (OperatingSystem.IsWindows()) return;
        using var process = await StartAsync();
        using var socket = await AskAsync(process.Address);
        await ReadSomeAsync(socket.GetStream());
        await process.TerminateAsync();
        await process.TerminateAsync();
        Assert.Equal(0, await process.ExitCodeAsync());
    }

    // Much more than the buffers between the two hold, so that the server cannot be done before it is read.
    private static async Task<TcpClient> AskAsync(Uri address)
    {
        const string Body = """
            {"stream":true,"n":4,"temperature":1,"max_tokens":900,"logprobs":true,"top_logprobs":20,"logit_bias":{"1":-100,"107":-100},
            "messages":[{"role":"user","content":"Hello!"}]}
            """;
        var socket = new TcpClient { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(address.Host, address.Port, Token);
        var head = $"POST /v1/chat/completions HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {Encoding.UTF8.GetByteCount(Body)}\r\nConnection: close\r\n\r\n";
        await socket.GetStream().WriteAsync(Encoding.UTF8.GetBytes(head + Body), Token);
        return socket;
    }

    private static async Task<string> ReadSomeAsync(NetworkStream stream)
    {
        var buffer = new byte[1024];
        return Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer, Token));
    }

    private async Task<ServeProcess> StartAsync() => await ServeProcess.StartAsync($"tiny={await heads.PackageAsync()}", "--threads", "1", "--port", "0");

    /// <summary>The process.</summary>
    private sealed partial class ServeProcess : IDisposable
    {
        private readonly Process _process;
        private readonly Task<string> _rest;

        private ServeProcess(Process process, Uri address)
        {
            (_process, Address) = (process, address);
            _rest = process.StandardError.ReadToEndAsync(CancellationToken.None);
        }

        public Uri Address { get; }

        public bool HasExited => _process.HasExited;

        public static async Task<ServeProcess> StartAsync(params string[] arguments)
        {
            var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "gemma.dll"), "serve", .. arguments])
            {
                RedirectStandardError = true,
            };
            var process = Process.Start(start)!;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
            limit.CancelAfter(Limit);
            var lines = new StringBuilder();
            while (await process.StandardError.ReadLineAsync(limit.Token) is { } line)
            {
                lines.AppendLine(line);
                if (line == "Ready.") return new ServeProcess(process, new Uri(Listening().Match(lines.ToString()).Groups[1].Value));
            }

            process.Dispose();
            throw new InvalidOperationException($"'gemma serve' ended early: {lines}");
        }

        public async Task TerminateAsync()
        {
            using var kill = Process.Start("sh", ["-c", $"kill -TERM {_process.Id}"]);
            await kill.WaitForExitAsync(Token);
            Assert.Equal(0, kill.ExitCode);
        }

        public async Task<int> ExitCodeAsync()
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
            limit.CancelAfter(Limit);
            await _process.WaitForExitAsync(limit.Token);
            await _rest;
            return _process.ExitCode;
        }

        public void Dispose()
        {
            if (!_process.HasExited) _process.Kill();
            _process.Dispose();
        }

        [GeneratedRegex("Listening on (http://[^;]+);")]
        private static partial Regex Listening();
    }
}
