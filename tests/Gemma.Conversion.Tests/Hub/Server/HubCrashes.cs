using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Gemma.Tests.Hub;

/// <summary>Runs <c>gemma pull</c> against the test's hub and kills it at any moment; the cache has to be valid after each.</summary>
/// <param name="server">The hub.</param>
/// <param name="cache">The cache.</param>
/// <param name="gemma">The command's assembly, <c>gemma.dll</c>.</param>
internal sealed class HubCrashes(HubServer server, string cache, string gemma)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private string Folder => Path.Combine(cache, "models--google--gemma-test");

    /// <summary>Kills so many pulls, each somewhere between its first request and its end.</summary>
    /// <param name="kills">How many.</param>
    /// <param name="longest">How long the slowest one may live.</param>
    /// <returns>How many pulls ended before their time, and how many continued a part.</returns>
    public async Task<(int Ended, int Continued)> KillAsync(int kills, TimeSpan longest)
    {
        var random = new Random(kills);
        var ended = 0;
        var continued = 0;
        for (var killed = 0; killed < kills;)
        {
            server.Requests.Clear();
            using var pull = Start();
            while (server.Requests.IsEmpty && !pull.HasExited) await Task.Delay(2);
            await Task.WhenAny(Task.Delay(longest * random.NextDouble()), pull.WaitForExitAsync());
            if (pull.HasExited)
            {
                ended++;
                if (pull.ExitCode != 0) throw new InvalidDataException($"A pull failed: {await pull.StandardError.ReadToEndAsync()}");
            }
            else
            {
                killed++;
                pull.Kill();
                await pull.WaitForExitAsync();
            }

            if (server.Requests.Any(request => request.Range is not null)) continued++;
            Check(isComplete: pull.ExitCode == 0);

            // A whole cache has nothing left to interrupt.
            if (pull.ExitCode == 0) Directory.Delete(Folder, recursive: true);
        }

        return (ended, continued);
    }

    /// <summary>Pulls to the end, in so many processes at the same time.</summary>
    public async Task PullAsync(int processes = 1)
    {
        Process[] pulls = [.. Enumerable.Range(0, processes).Select(_ => Start())];
        foreach (var pull in pulls)
        {
            using (pull)
            {
                var error = pull.StandardError.ReadToEndAsync();
                using var limit = new CancellationTokenSource(Patience);
                await pull.WaitForExitAsync(limit.Token);
                if (pull.ExitCode != 0) throw new InvalidDataException($"A pull failed: {await error}");
            }
        }

        Check(isComplete: true);
    }

    /// <summary>Everything under its final name is whole and right.</summary>
    private void Check(bool isComplete)
    {
        if (!Directory.Exists(Folder)) return;
        foreach (var blob in Directory.EnumerateFiles(Path.Combine(Folder, "blobs"))
            .Where(path => !Path.GetFileName(path).Contains('.', StringComparison.Ordinal)))
        {
            var content = File.ReadAllBytes(blob);
            var hash = Path.GetFileName(blob).Length == 64 ? SHA256.HashData(content)
                : CryptographicOperations.HashData(HashAlgorithmName.SHA1,
                    [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0")), .. content]);
            if (Convert.ToHexStringLower(hash) != Path.GetFileName(blob)) throw new InvalidDataException($"{blob} holds something else.");
        }

        var snapshot = Path.Combine(Folder, "snapshots", server.Model.Commit);
        string[] files = Directory.Exists(snapshot)
            ? [.. Directory.EnumerateFiles(snapshot).Where(file => !file.EndsWith(".gemma.tmp", StringComparison.Ordinal))]
            : [];
        foreach (var file in files)
        {
            if (!File.ReadAllBytes(file).AsSpan().SequenceEqual(server.Model.Files[Path.GetFileName(file)])) throw new InvalidDataException($"{file} differs.");
        }

        if ((isComplete || File.Exists(Path.Combine(Folder, "refs", "main"))) && files.Length != 7)
            throw new InvalidDataException($"main names a snapshot with {files.Length} files instead of 7.");
    }

    private Process Start()
    {
        var start = new ProcessStartInfo("dotnet", [gemma, "pull", HubServerModel.Name]) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var (name, value) in ((string, string)[])[("HF_ENDPOINT", server.Endpoint), ("HF_HUB_CACHE", cache), ("HF_TOKEN", string.Empty),
            ("HF_HUB_OFFLINE", "0")])
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
