using System.CommandLine;
using System.Runtime.InteropServices;
using Gemma.Server;
using Gemma.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gemma.Cli.Infrastructure;

/// <summary>Where a command listens and whom it lets in.</summary>
internal sealed class HostSymbols
{
    private readonly Option<string> _host = new("--host") { Description = "The address to listen on.", DefaultValueFactory = _ => "localhost" };
    private readonly Option<int> _port;
    private readonly Option<string[]> _key = new("--api-key")
    {
        Description = "A key that clients must send; may be repeated. Better: --api-key-file or GEMMA_API_KEY.",
    };
    private readonly Option<string?> _keyFile = new("--api-key-file") { Description = "A file with one key a line." };
    private readonly Option<bool> _open = new("--no-auth") { Description = "Let everybody in who reaches the address." };
    private readonly Option<string[]> _origin = new("--cors-origin")
    {
        Description = "A site whose pages may use the server, such as https://chat.example; may be repeated.",
    };
    private readonly Option<string?> _certificate = new("--tls-cert") { Description = "A certificate in PEM." };
    private readonly Option<string?> _certificateKey = new("--tls-key") { Description = "Its private key in PEM." };

    /// <summary>Adds them to a command.</summary>
    public HostSymbols(Command command, int defaultPort)
    {
        _port = new("--port") { Description = "The port; 0 takes a free one.", DefaultValueFactory = _ => defaultPort };
        foreach (var option in (Option[])[_host, _port, _key, _keyFile, _open, _origin, _certificate, _certificateKey]) command.Add(option);
    }

    /// <summary>A builder with the command's address, limits and log.</summary>
    /// <exception cref="ArgumentException">The address is open to other machines, and there is neither a key nor the consent to have none.</exception>
    public WebApplicationBuilder CreateBuilder(ParseResult parsed, CommandConsole console, Action<GemmaServerOptions, GemmaHostOptions>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddSingleton<ILoggerFactory>(new TerminalLoggerFactory(console.Error, parsed.GetValue<bool>("--verbose")));
        var server = new GemmaServerOptions();
        foreach (var value in Keys(parsed.GetValue(_key), parsed.GetValue(_keyFile))) server.ApiKeys.Add(value);
        var place = new GemmaHostOptions
        {
            Host = parsed.GetRequiredValue(_host),
            Port = parsed.GetValue(_port),
            NoAuthentication = parsed.GetValue(_open),
            CorsOrigins = parsed.GetValue(_origin) ?? [],
            CertificateFile = parsed.GetValue(_certificate),
            CertificateKeyFile = parsed.GetValue(_certificateKey),
        };
        builder.Services.AddGemmaServer(options =>
        {
            foreach (var value in server.ApiKeys) options.ApiKeys.Add(value);
            configure?.Invoke(options, place);
        });
        GemmaHost.Configure(builder, place, server);
        return builder;
    }

    /// <summary>Starts listening, and says where.</summary>
    public static async Task StartAsync(WebApplication application, CommandConsole console, CancellationToken cancellationToken)
    {
        await application.StartAsync(cancellationToken);
        foreach (var address in application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
            await console.Error.WriteLineAsync($"Listening on {address}; Ctrl-C stops.");
    }

    /// <summary>Serves until it is told to stop, and lets what runs end; told twice, it does not wait for that.</summary>
    public static async Task ServeAsync(WebApplication application, CancellationToken cancellationToken)
    {
        using var hurry = new CancellationTokenSource();
        var signals = 0;
        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            if (Interlocked.Increment(ref signals) > 1) hurry.Cancel();
        }

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stopping = application.Lifetime.ApplicationStopping.Register(told.SetResult);
        using var cancelled = cancellationToken.Register(application.Lifetime.StopApplication);
        await told.Task;
        await application.StopAsync(hurry.Token);
    }

    // Whoever gives a key means to shut others out: a variable that is not set, or a file that is empty, must not let everybody in.
    private static List<string> Keys(string[]? given, string? file)
    {
        List<string> keys = [.. given ?? []];
        if (keys.Exists(string.IsNullOrWhiteSpace)) throw new UsageException("--api-key: the key is empty; is a variable not set?");
        if (Environment.GetEnvironmentVariable("GEMMA_API_KEY") is { Length: > 0 } variable)
        {
            if (string.IsNullOrWhiteSpace(variable)) throw new UsageException("GEMMA_API_KEY: the key is blank; give it a value, or unset it.");
            keys.Add(variable);
        }

        if (file is null) return keys;
        string[] lines = [.. File.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)];
        if (lines.Length == 0) throw new UsageException($"--api-key-file {file}: the file has no keys.");
        keys.AddRange(lines);
        return keys;
    }
}
