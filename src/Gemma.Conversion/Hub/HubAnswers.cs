using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Gemma.Conversion.Hub;

/// <summary>Turns answers that are no success into errors that say what to do.</summary>
internal static partial class HubAnswers
{
    private const string Disabled = "Access to this resource is disabled.";

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(6);

    /// <summary>Whether a failure passes by itself.</summary>
    public static bool IsTransient(HttpStatusCode status) => (int)status is 408 or 429 or 500 or 502 or 503 or 504;

    /// <summary>The error for a failure that passes by itself.</summary>
    public static HubTransientException Transient(HttpResponseMessage response, TimeProvider time) =>
        new($"{Place(response)} answered {(int)response.StatusCode}{RequestId(response)}.", Wait(response, time));

    /// <summary>The error for a failure that stays.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="name">The model.</param>
    /// <param name="sentToken">Whether a token went with the request.</param>
    /// <param name="page">The model's page.</param>
    public static HubException Lasting(HttpResponseMessage response, HubModelName name, bool sentToken, string page)
    {
        var code = Header(response, "X-Error-Code");
        var message = Header(response, "X-Error-Message") ?? string.Empty;
        var id = RequestId(response);
        if (message.Contains(Disabled, StringComparison.OrdinalIgnoreCase))
            return new HubException(HubError.Disabled, $"The hub has disabled {name.Repository}{id}; see {page}.");
        return ((int)response.StatusCode, code) switch
        {
            (401, _) when sentToken && (code == "GatedRepo" || message.Contains("Invalid credentials", StringComparison.OrdinalIgnoreCase)) =>
                new HubException(HubError.TokenRefused,
                    $"The hub refused the token{id}: it was revoked or mistyped. Make a new one at {Site(page)}/settings/tokens and put it in HF_TOKEN or "
                        + $"the token file."),
            (401, "GatedRepo") =>
                new HubException(HubError.TokenMissing,
                    $"{name.Repository} needs a token, and none was sent{id}: accept its licence at {page}, make a token at {Site(page)}/settings/tokens, "
                        + $"and put it in HF_TOKEN or the token file."),
            (403, "GatedRepo") when IsAboutScope(message) =>
                new HubException(HubError.TokenScope,
                    $"The token may not read gated repositories{id}: switch on \"read access to contents of all public gated repos\" for it "
                        + $"at {Site(page)}/settings/tokens."),
            (403, "GatedRepo") =>
                new HubException(HubError.LicenceNotAccepted,
                    $"The token's owner has not accepted the licence of {name.Repository}, or was not let in yet{id}: accept it at {page}."),
            (401, "RevisionNotFound") or (404, "RevisionNotFound") =>
                new HubException(HubError.NotFound, $"{name.Repository} has no revision '{name.RevisionOrDefault}'{id}; see {page}."),
            (404, "EntryNotFound") =>
                new HubException(HubError.NotFound, $"{Place(response)} is no file of {name}{id}; pull again without a fixed revision, or choose another one."),
            (401, _) when !sentToken =>
                new HubException(HubError.TokenMissing,
                    $"There is no public model {name.Repository}{id}: the name is wrong, or it is private or gated and needs a token, which was not sent; "
                        + $"see {page} and put a token in HF_TOKEN or the token file."),
            (401 or 404, _) =>
                new HubException(HubError.NotFound,
                    $"There is no model {name.Repository} that the token may see{id}: the name is wrong, or it is private; see {page}."),
            (403, _) when IsAboutScope(message) =>
                new HubException(HubError.TokenScope, $"The token may not read {name.Repository}{id}: give it the permission at {Site(page)}/settings/tokens."),
            (403, _) => new HubException(HubError.LicenceNotAccepted,
                $"{Place(response)} refused access{id}{(message.Length > 0 ? $" ({message})" : string.Empty)}; see {page}."),
            (var status, _) =>
                new HubException(HubError.Protocol,
                    $"{Place(response)} answered {status}{id}{(message.Length > 0 ? $" ({message})" : string.Empty)}, which no hub should; check HF_ENDPOINT."),
        };
    }

    /// <summary>A header's value, or null.</summary>
    public static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) && values.FirstOrDefault() is { Length: > 0 } value ? value : null;

    /// <summary>What was asked for, without the query, which may be a signature.</summary>
    public static string Place(HttpResponseMessage response) => Place(response.RequestMessage!.RequestUri!);

    /// <inheritdoc cref="Place(HttpResponseMessage)"/>
    public static string Place(Uri uri) => uri.GetLeftPart(UriPartial.Path);

    // The hub's window says how many requests are left and when it ends.
    private static TimeSpan? Wait(HttpResponseMessage response, TimeProvider time)
    {
        if (response.StatusCode != HttpStatusCode.TooManyRequests && response.Headers.RetryAfter is null) return null;
        TimeSpan? wait = Header(response, "RateLimit") is { } text && Window.Match(text) is { Success: true } window && window.Groups[1].Value == "0"
            ? TimeSpan.FromSeconds(double.Parse(window.Groups[2].Value, CultureInfo.InvariantCulture) + 1)
            : response.Headers.RetryAfter?.Delta ?? (response.Headers.RetryAfter?.Date - time.GetUtcNow());
        return wait is not { } asked ? null : asked < TimeSpan.Zero ? TimeSpan.Zero : asked > LongestWait ? LongestWait : asked;
    }

    private static bool IsAboutScope(string message) =>
        message.Contains("fine-grained", StringComparison.OrdinalIgnoreCase)
            || message.Contains("gated repos", StringComparison.OrdinalIgnoreCase)
            || message.Contains("token settings", StringComparison.OrdinalIgnoreCase);

    private static string RequestId(HttpResponseMessage response) => Header(response, "X-Request-Id") is { } id ? $" (request {id})" : string.Empty;

    private static string Site(string page) => new Uri(page).GetLeftPart(UriPartial.Authority);

    [GeneratedRegex(@"r=(\d{1,6});\s*t=(\d{1,6})", RegexOptions.CultureInvariant)]
    private static partial Regex Window { get; }
}
