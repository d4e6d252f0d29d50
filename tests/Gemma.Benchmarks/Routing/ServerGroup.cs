using System.Globalization;

namespace Gemma.Benchmarks.Routing;

/// <summary>Server processes of one model under different names, so that answers tell whose they are.</summary>
internal sealed class ServerGroup : IDisposable
{
    private readonly string _gemma;
    private readonly string _package;
    private readonly List<GemmaProcess> _processes = [];

    private ServerGroup(string gemma, string package, IEnumerable<int> ports) => (_gemma, _package, Addresses) = (gemma, package, [.. ports.Select(AddressOf)]);

    public string[] Addresses { get; }

    public static string NameOf(int server) => string.Create(CultureInfo.InvariantCulture, $"server{server}");

    public static string AddressOf(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");

    public static async Task<ServerGroup> StartAsync(string gemma, string package, int[] ports, CancellationToken cancellationToken)
    {
        var group = new ServerGroup(gemma, package, ports);
        for (var i = 0; i < ports.Length; i++) await group.AddAsync(ports[i], i, cancellationToken);
        return group;
    }

    public async Task AddAsync(int port, int number, CancellationToken cancellationToken) => _processes.Add(await GemmaProcess.StartAsync(
        _gemma, "Ready.",
        ["serve", $"{NameOf(number)}={_package}", "--host", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture), "--threads", "1"],
        cancellationToken));

    public void Kill(int server) => _processes[server].Kill();

    public void Dispose()
    {
        foreach (var process in _processes) process.Dispose();
    }
}
