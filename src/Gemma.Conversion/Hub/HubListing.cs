using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;

namespace Gemma.Conversion.Hub;

/// <summary>Asks a hub what a revision is and which files it has.</summary>
internal sealed class HubListing(HubClient client, HubSettings settings, ILogger logger)
{
    private const int MostBytes = 64 << 20;
    private const int MostPages = 100;

    /// <summary>The commit that a revision names, and whether the repository is gated.</summary>
    public async Task<(string Commit, bool? IsGated)> ResolveAsync(HubModelName name, CancellationToken cancellationToken)
    {
        var uri = new Uri($"{settings.Endpoint}/api/models/{name.Repository}/revision/{Uri.EscapeDataString(name.RevisionOrDefault)}");
        var (answer, _) = await ReadAsync(uri, name, HubJson.Default.RevisionAnswer, cancellationToken).ConfigureAwait(false);
        if (!HubModelName.IsCommit(answer.Sha)) throw new HubException(HubError.Protocol, $"{HubAnswers.Place(uri)} names no commit (sha); check HF_ENDPOINT.");
        return (answer.Sha!, answer.Gated.ValueKind switch { JsonValueKind.String or JsonValueKind.True => true, JsonValueKind.False => false, _ => null });
    }

    /// <summary>All files of a commit.</summary>
    public async Task<IReadOnlyList<HubFile>> ListAsync(HubModelName name, string commit, CancellationToken cancellationToken)
    {
        List<HubFile> files = [];
        var uri = new Uri($"{settings.Endpoint}/api/models/{name.Repository}/tree/{commit}?recursive=true&expand=false");
        for (var page = 0; ; page++)
        {
            var (entries, next) = await ReadAsync(uri, name, HubJson.Default.TreeEntryArray, cancellationToken).ConfigureAwait(false);
            files.AddRange(entries.Where(entry => entry?.Type == "file").Select(entry => Convert(entry!, uri)));
            if (next is null)
            {
                return files.GroupBy(file => file.Path, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is not { } twice
                    ? files
                    : throw new HubException(HubError.Protocol, $"{HubAnswers.Place(uri)} lists {twice.Key} twice; check HF_ENDPOINT.");
            }
            if (page == MostPages) throw new HubException(HubError.Protocol, $"{HubAnswers.Place(uri)} lists files without an end; check HF_ENDPOINT.");
            uri = client.Resolve(next)
                ?? throw new HubException(HubError.Protocol, $"{HubAnswers.Place(uri)} gives no address of its next page (Link); check HF_ENDPOINT.");
        }
    }

    private static HubFile Convert(TreeEntry entry, Uri uri)
    {
        var place = HubAnswers.Place(uri);
        var path = HubPath.CheckListed(entry.Path
            ?? throw new HubException(HubError.Protocol, $"{place} lists a file without a path; check HF_ENDPOINT."), place);
        var size = entry.Lfs?.Size ?? entry.Size;
        var hash = entry.Lfs?.Oid ?? entry.Oid;
        if (size < 0) throw new HubException(HubError.Protocol, $"{place} gives {path} the size {size}; check HF_ENDPOINT.");
        if (!IsHash(hash) || !IsHash(entry.Oid)) throw new HubException(HubError.Protocol, $"{place} gives {path} no hash (oid); check HF_ENDPOINT.");
        return new HubFile(path, size, hash!) { BlobId = entry.Oid!, XetHash = entry.XetHash };
    }

    private static bool IsHash(string? text) => text is { Length: 40 or 64 } && text.All(char.IsAsciiHexDigitLower);

    private Task<(T Answer, string? Next)> ReadAsync<T>(Uri uri, HubModelName name, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        new HubRetry(client.Time, logger).RunAsync(async () =>
        {
            using var response = await client.GetAsync(uri, name, null, cancellationToken).ConfigureAwait(false);
            using var buffer = new MemoryStream();
            using var body = await HubBody.OpenAsync(response, settings.SilenceTimeout, cancellationToken).ConfigureAwait(false);
            var chunk = new byte[1 << 14];
            for (int count; (count = await body.ReadAsync(chunk, cancellationToken).ConfigureAwait(false)) > 0; buffer.Write(chunk, 0, count))
            {
                if (buffer.Length + count > MostBytes)
                    throw new HubException(HubError.Protocol, $"{HubAnswers.Place(uri)} answers with more than {MostBytes >> 20} MB; check HF_ENDPOINT.");
            }

            try
            {
                var answer = JsonSerializer.Deserialize(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), type) ?? throw new JsonException("null");
                return (answer, NextLink(response));
            }
            catch (JsonException e)
            {
                throw new HubException(HubError.Protocol,
                    $"{HubAnswers.Place(uri)} does not answer as a hub does (no JSON of the expected form); check HF_ENDPOINT.", e);
            }
        }, cancellationToken);

    // Link: <address>; rel="next"
    private static string? NextLink(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Link", out var values)) return null;
        return values.SelectMany(value => value.Split(',')).Select(value => value.Split(';'))
            .FirstOrDefault(parts => parts.Skip(1).Any(part => part.Trim() is "rel=\"next\"" or "rel=next"))?[0].Trim().Trim('<', '>');
    }
}

/// <summary>The part of a revision's description that is used.</summary>
internal sealed record RevisionAnswer(string? Sha, JsonElement Gated);

/// <summary>An entry of a listing.</summary>
internal sealed record TreeEntry(string? Type, string? Path, long Size, string? Oid, TreeEntryLfs? Lfs, string? XetHash);

/// <summary>Where the content of a large file is.</summary>
internal sealed record TreeEntryLfs(string? Oid, long Size);

/// <summary>What a hub sends.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RevisionAnswer))]
[JsonSerializable(typeof(TreeEntry[]))]
internal sealed partial class HubJson : JsonSerializerContext;
