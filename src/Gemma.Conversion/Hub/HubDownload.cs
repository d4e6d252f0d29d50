using System.Net;
using System.Net.Http.Headers;
using Gemma.Runtime.Models;
using Microsoft.Extensions.Logging;

namespace Gemma.Conversion.Hub;

/// <summary>Loads one file into the cache: continues what is there, checks its hash, and tries again where that helps.</summary>
internal sealed partial class HubDownload(HubClient client, HubCache cache, HubSettings settings, ILogger logger)
{
    private const int BufferBytes = 1 << 17;
    private const int MostSignatures = 3;

    private static readonly TimeSpan LockNotice = TimeSpan.FromSeconds(10);

    /// <summary>Loads a file, unless its content is there.</summary>
    /// <param name="name">The model.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="file">The file.</param>
    /// <param name="report">Receives the bytes of it that are there.</param>
    /// <param name="cancellationToken">Stops the download, which the next one continues.</param>
    /// <returns>Whether the content was loaded now.</returns>
    public async Task<bool> RunAsync(HubModelName name, string commit, HubFile file, Action<long> report, CancellationToken cancellationToken)
    {
        if (cache.HasBlob(name.Repository, file)) return false;
        using var guard = await LockAsync(name, file, cancellationToken).ConfigureAwait(false);
        if (cache.HasBlob(name.Repository, file) || cache.Has(name.Repository, commit, file)) return false;
        var blob = cache.Blob(name.Repository, file);
        for (var isLast = false; ; isLast = true)
        {
            using var part = await HubPart.OpenAsync(blob, file, client.Time, cancellationToken).ConfigureAwait(false);
            report(part.Length);
            await FillAsync(part, name, commit, file, report, cancellationToken).ConfigureAwait(false);
            if (part.Complete(blob) is not { } problem) return true;
            part.Discard();
            report(0);
            if (isLast)
            {
                throw new HubException(HubError.Damaged,
                    $"{file.Path} came twice with {problem}; a proxy or a mirror changes it, or its disk is damaged. Try another address (HF_ENDPOINT).");
            }
            LogDamaged(file.Path, problem);
        }
    }

    private async Task FillAsync(HubPart part, HubModelName name, string commit, HubFile file, Action<long> report, CancellationToken cancellationToken)
    {
        var uri = new Uri($"{settings.Endpoint}/{name.Repository}/resolve/{commit}/{string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString))}");
        var retry = new HubRetry(client.Time, logger);
        var signatures = 0;
        while (part.Length < file.Bytes)
        {
            var before = part.Length;
            try
            {
                using var response = await client.GetAsync(uri, name, request => Continue(request, part), cancellationToken).ConfigureAwait(false);

                // Signed addresses expire: the hub signs a new one.
                if (response.StatusCode == HttpStatusCode.Forbidden)
                {
                    if (signatures++ == MostSignatures)
                    {
                        throw new HubException(HubError.Network,
                            $"{HubAnswers.Place(response)} refused {MostSignatures + 1} signed addresses in a row; check this machine's clock and its proxy.");
                    }
                    continue;
                }

                CheckCommit(response, name, commit);
                if (!Continues(response, part, file))
                {
                    part.Restart();
                    report(0);
                    if (response.StatusCode != HttpStatusCode.OK)
                        throw new HubTransientException($"{HubAnswers.Place(response)} does not continue the file.", TimeSpan.Zero);
                }

                part.Validator = response.Headers.ETag is { IsWeak: false } tag ? tag.ToString() : null;
                await CopyAsync(response, part, file, report, cancellationToken).ConfigureAwait(false);

                // More than it should be: its hash is wrong.
                if (part.Length > file.Bytes) return;
                if (part.Length < file.Bytes)
                    throw new HubTransientException($"{HubAnswers.Place(response)} broke off after {part.Length} of {file.Bytes} bytes.");
            }
            catch (HubTransientException e)
            {
                if (part.Length > before)
                {
                    signatures = 0;
                    retry.Progress();
                }

                await retry.WaitAsync(e, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static void Continue(HttpRequestMessage request, HubPart part)
    {
        if (part.Length == 0) return;
        request.Headers.Range = new RangeHeaderValue(part.Length, null);
        if (part.Validator is not null && EntityTagHeaderValue.TryParse(part.Validator, out var tag))
            request.Headers.IfRange = new RangeConditionHeaderValue(tag);
    }

    // 200 sends the file from its start, 416 has another length in mind.
    private static bool Continues(HttpResponseMessage response, HubPart part, HubFile file)
    {
        if (response.StatusCode == HttpStatusCode.OK) return part.Length == 0;
        return response.StatusCode == HttpStatusCode.PartialContent
            && !HubBody.IsPacked(response)
            && response.Content.Headers.ContentRange is { } range
            && range.From == part.Length
            && (range.Length ?? file.Bytes) == file.Bytes;
    }

    private static void CheckCommit(HttpResponseMessage response, HubModelName name, string commit)
    {
        if (HubAnswers.Header(response, "X-Repo-Commit") is { } other && other != commit)
        {
            throw new HubException(HubError.Protocol,
                $"{HubAnswers.Place(response)} belongs to another commit ({other}) of {name.Repository}; check HF_ENDPOINT.");
        }
    }

    private async Task CopyAsync(HttpResponseMessage response, HubPart part, HubFile file, Action<long> report, CancellationToken cancellationToken)
    {
        using var body = await HubBody.OpenAsync(response, settings.SilenceTimeout, cancellationToken).ConfigureAwait(false);
        var buffer = new byte[BufferBytes];
        while (part.Length <= file.Bytes)
        {
            var count = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (count == 0) return;
            await part.AppendAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            report(part.Length);
        }
    }

    // Politeness: two processes need not load the same file. Where locks do not work both do, each into a part of its own.
    private async Task<FileStream?> LockAsync(HubModelName name, HubFile file, CancellationToken cancellationToken)
    {
        var path = Path.Combine(cache.Locks(name.Repository), file.Hash + ".lock");
        ITimer? notice = null;
        try
        {
            return await FileLock.AcquireAsync(path,
                () => notice = client.Time.CreateTimer(_ => LogWaiting(file.Path, path), null, LockNotice, Timeout.InfiniteTimeSpan), client.Time,
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNoLock(path, e.Message);
            return null;
        }
        finally
        {
            notice?.Dispose();
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{File} came damaged ({Problem}); it is loaded once more")]
    private partial void LogDamaged(string file, string problem);

    [LoggerMessage(2, LogLevel.Warning, "Waiting for another process that loads {File} ({Lock})")]
    private partial void LogWaiting(string file, string @lock);

    [LoggerMessage(3, LogLevel.Information, "{Lock} cannot be locked ({Problem})")]
    private partial void LogNoLock(string @lock, string problem);
}
