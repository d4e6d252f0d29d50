using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gemma.Tests.Hub;

/// <summary>
/// A hub on this machine that speaks the real one's protocol: one port for the hub, one for large files, and a switch for everything that goes wrong out there.
/// </summary>
internal sealed class HubServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly Lock _lock = new();

    private HubServer(WebApplication application) => _application = application;

    /// <summary>The hub's address.</summary>
    public string Endpoint { get; private set; } = string.Empty;

    /// <summary>The address of large files.</summary>
    public string DataEndpoint { get; private set; } = string.Empty;

    public HubServerModel Model { get; set; } = HubServerModel.Create();

    public HubServerSwitches Switches { get; } = new();

    public ConcurrentQueue<HubServerRequest> Requests { get; } = new();

    public static async Task<HubServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Listen(IPAddress.Loopback, 0);
            options.Listen(IPAddress.Loopback, 0);
        });
        var application = builder.Build();
        var server = new HubServer(application);
        application.Run(server.AnswerAsync);
        await application.StartAsync();
        var addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        (server.Endpoint, server.DataEndpoint) = (addresses[0], addresses[1]);
        return server;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var isData = DataEndpoint.EndsWith(":" + context.Connection.LocalPort.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        var (request, response) = (context.Request, context.Response);
        var address = request.Path.Value + request.QueryString.Value;
        Requests.Enqueue(new HubServerRequest(isData, address, request.Headers.Authorization.FirstOrDefault(), request.Headers.Range.FirstOrDefault()));
        if (Take(() => Switches.Fails.Times > 0, () => Switches.Fails = (Switches.Fails.Status, Switches.Fails.Times - 1)))
        {
            response.StatusCode = Switches.Fails.Status;
            if (Switches.RateLimit is { } limit) response.Headers["RateLimit"] = limit;
            return;
        }

        if (Switches.Warning is { } warning) response.Headers["X-HF-Warning"] = warning;
        if (Switches.IsMirror && !isData)
        {
            Redirect(response, 308, DataEndpoint + address);
            return;
        }

        if (Switches.RenamedFrom is { } old && address.Contains(old, StringComparison.Ordinal))
        {
            Redirect(response, 307, address.Replace(old, HubServerModel.Name, StringComparison.Ordinal));
            return;
        }

        var path = request.Path.Value!;
        if (path.StartsWith("/data/", StringComparison.Ordinal)) await SendDataAsync(context, path["/data/".Length..]);
        else if (path.StartsWith($"/api/models/{HubServerModel.Name}/", StringComparison.Ordinal)) await SendListingAsync(context, path);
        else if (path.StartsWith($"/{HubServerModel.Name}/resolve/{Model.Commit}/", StringComparison.Ordinal))
            await SendFileAsync(context, path[$"/{HubServerModel.Name}/resolve/{Model.Commit}/".Length..]);
        else await RefuseAsync(response, 404, "RepoNotFound", "Repository not found");
    }

    private async Task SendListingAsync(HttpContext context, string path)
    {
        if (Switches.RefusesListing && Refused(context)) return;
        var response = context.Response;
        if (path.Contains("/revision/", StringComparison.Ordinal))
        {
            if (!path.EndsWith("/main", StringComparison.Ordinal)
                && !path.EndsWith("/refs/pr/3", StringComparison.Ordinal)
                && !path.EndsWith("/refs%2Fpr%2F3", StringComparison.Ordinal)) await RefuseAsync(response, 404, "RevisionNotFound", "Invalid rev id");
            else
            {
                await response.WriteAsync(new JsonObject
                {
                    ["sha"] = Model.Commit,
                    ["gated"] = Switches.Refusal is null ? false : "manual",
                    ["siblings"] = new JsonArray(),
                }.ToJsonString());
            }
            return;
        }

        var start = int.Parse(context.Request.Query["cursor"].FirstOrDefault() ?? "0", CultureInfo.InvariantCulture);
        if (start + Switches.PageSize < Model.Files.Count)
            response.Headers.Link = $"<https://huggingface.co{path}?recursive=true&expand=false&cursor={start + Switches.PageSize}>; rel=\"next\"";
        await response.WriteAsync(new JsonArray([.. Model.Files.Keys.Skip(start).Take(Switches.PageSize).Select(Entry)]).ToJsonString());
    }

    private JsonObject Entry(string path)
    {
        var size = HubServerModel.IsLarge(path) ? Switches.DeclaredSize ?? Model.Files[path].Length : Model.Files[path].Length;
        var entry = new JsonObject { ["type"] = "file", ["path"] = Switches.Lists is { } lists && lists.Path == path ? lists.Listed : path, ["size"] = size };
        if (!Switches.NoHashes) entry["oid"] = Model.BlobId(path);
        if (HubServerModel.IsLarge(path) && !Switches.NoHashes)
            entry["lfs"] = new JsonObject { ["oid"] = Model.Etag(path), ["size"] = size, ["pointerSize"] = 134 };
        return entry;
    }

    private async Task SendFileAsync(HttpContext context, string path)
    {
        if (Refused(context)) return;
        var response = context.Response;
        if (!Model.Files.TryGetValue(path, out var content))
        {
            await RefuseAsync(response, 404, "EntryNotFound", "Entry not found");
            return;
        }

        if (!Switches.NoHeaders)
        {
            response.Headers["X-Repo-Commit"] = Switches.WrongCommit ?? Model.Commit;
            response.Headers.ETag = $"\"{Model.Etag(path)}\"";
            response.Headers["X-Linked-Etag"] = $"\"{Model.Etag(path)}\"";
            response.Headers["X-Linked-Size"] = content.Length.ToString(CultureInfo.InvariantCulture);
        }

        if (Switches.NoLocation && HubServerModel.IsLarge(path)) response.StatusCode = 302;
        else if (Switches.RedirectFilesTo is { } target) Redirect(response, 302, target);
        else if (HubServerModel.IsLarge(path)) Redirect(response, 302, $"{DataEndpoint}/data/{path}?signature=s%2Fx");
        else if (Switches.PacksAlways) await SendPackedAsync(response, content);
        else await SendAsync(context, content);
    }

    private async Task SendDataAsync(HttpContext context, string path)
    {
        var response = context.Response;
        if (context.Request.Headers.Authorization.Count > 0 || context.Request.QueryString.Value != "?signature=s%2Fx")
        {
            await RefuseAsync(response, 400, null, "Only one auth mechanism allowed");
            return;
        }

        if (Take(() => Switches.Expired > 0, () => Switches.Expired--))
        {
            response.StatusCode = 403;
            return;
        }

        var content = Model.Files[path];
        response.Headers.ETag = $"\"data-{path}\"";
        if (Take(() => Switches.Damages > 0, () => Switches.Damages--)) content = [.. content[..^1], (byte)~content[^1]];
        if (Take(() => Switches.TooLong > 0, () => Switches.TooLong--)) content = [.. content, 0];
        await SendAsync(context, content);
    }

    private async Task SendAsync(HttpContext context, byte[] content)
    {
        var (request, response) = (context.Request, context.Response);
        var start = 0;
        if (request.GetTypedHeaders().Range?.Ranges.FirstOrDefault()?.From is { } from && !Switches.IgnoresRanges)
        {
            if (Switches.RefusesRanges || from >= content.Length)
            {
                response.StatusCode = 416;
                return;
            }

            start = (int)from;
            response.StatusCode = 206;
            response.Headers.ContentRange = $"bytes {start}-{content.Length - 1}/{content.Length}";
        }

        response.ContentLength = content.Length - start;
        var cut = Take(() => Switches.Cuts > 0 && content.Length > Switches.CutAfter, () => Switches.Cuts--);
        var stall = Take(() => Switches.Stalls > 0 && content.Length > 1000, () => Switches.Stalls--);
        for (var at = start; at < content.Length;)
        {
            var count = Math.Min(1 << 14, content.Length - at);
            if (cut) count = Math.Min(count, Switches.CutAfter - (at - start));
            if (count <= 0)
            {
                // What was sent shall arrive: a reset throws away what the client has not read.
                await Task.Delay(100, context.RequestAborted);
                context.Abort();
                return;
            }

            if (Switches.Delay > TimeSpan.Zero) await Task.Delay(Switches.Delay, context.RequestAborted);
            await response.Body.WriteAsync(content.AsMemory(at, count), context.RequestAborted);
            await response.Body.FlushAsync(context.RequestAborted);
            at += count;
            if (stall) await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }
    }

    private static async Task SendPackedAsync(HttpResponse response, byte[] content)
    {
        response.Headers.ContentEncoding = "gzip";
        await using var packed = new GZipStream(response.Body, CompressionLevel.Fastest);
        await packed.WriteAsync(content);
    }

    private bool Refused(HttpContext context)
    {
        if (Switches.Refusal is not { } refusal || (Switches.Token is not null && context.Request.Headers.Authorization == $"Bearer {Switches.Token}"))
            return false;
        RefuseAsync(context.Response, refusal.Status, refusal.Code, refusal.Message);
        return true;
    }

    private static Task RefuseAsync(HttpResponse response, int status, string? code, string? message)
    {
        response.StatusCode = status;
        if (code is not null) response.Headers["X-Error-Code"] = code;
        if (message is not null) response.Headers["X-Error-Message"] = message;
        response.Headers["X-Request-Id"] = "Root=1-test";
        return Task.CompletedTask;
    }

    private static void Redirect(HttpResponse response, int status, string location) => (response.StatusCode, response.Headers.Location) = (status, location);

    private bool Take(Func<bool> isLeft, Action take)
    {
        lock (_lock)
        {
            if (!isLeft()) return false;
            take();
            return true;
        }
    }
}
