namespace Gemma.Server.Hosting;

/// <summary>Where the command's own server listens and whom it serves.</summary>
internal sealed record GemmaHostOptions
{
    public string Host { get; init; } = "localhost";

    public int Port { get; init; } = 8484;

    /// <summary>Whether an address beyond this machine may be open to everybody.</summary>
    public bool NoAuthentication { get; init; }

    /// <summary>Sites whose pages may use the server, such as <c>https://chat.example</c>.</summary>
    public IReadOnlyList<string> CorsOrigins { get; init; } = [];

    public string? CertificateFile { get; init; }

    public string? CertificateKeyFile { get; init; }

    public bool IsLoopback => Host is "localhost" or "127.0.0.1" or "::1" or "[::1]";
}
