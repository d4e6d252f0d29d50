using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json;
using Gemma.Server.Catalog;
using Gemma.Server.Errors;
using Gemma.Server.Http;

namespace Gemma.Server.Page;

/// <summary>
/// The page at <c>/</c>: files that are part of this assembly, and the numbers of its live view. Nothing comes from elsewhere, and the browser is told so.
/// </summary>
internal static class PageRoutes
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
            + "frame-ancestors 'none'";

    // The files' names are a table: a route's value is never a path.
    private static readonly FrozenDictionary<string, string> ContentTypes = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["index.html"] = "text/html; charset=utf-8",
        ["app.css"] = "text/css; charset=utf-8",
        ["icon.svg"] = "image/svg+xml",
        ["app.js"] = "text/javascript; charset=utf-8",
        ["chat.js"] = "text/javascript; charset=utf-8",
        ["classify.js"] = "text/javascript; charset=utf-8",
        ["common.js"] = "text/javascript; charset=utf-8",
        ["live.js"] = "text/javascript; charset=utf-8",
        ["tokens.js"] = "text/javascript; charset=utf-8",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static void Map(GemmaRoutes routes)
    {
        routes.Get("/page/live", LiveAsync);
        routes.Get("/page/{file}", request => SendAsync(request, request.Http.Request.RouteValues["file"] as string ?? string.Empty));
    }

    /// <summary>The page itself.</summary>
    public static Task SendAsync(RequestContext request) => SendAsync(request, "index.html");

    private static async Task SendAsync(RequestContext request, string file)
    {
        if (!ContentTypes.TryGetValue(file, out var contentType))
            throw new ApiException(404, "invalid_request_error", "not_found", "The page has no such file.");
        var content = Assembly.GetExecutingAssembly().GetManifestResourceStream($"page/{file}")!;
        await using var disposal = content.ConfigureAwait(false);
        var response = request.Http.Response;
        response.ContentType = contentType;
        response.ContentLength = content.Length;
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.CacheControl = "no-cache";
        await content.CopyToAsync(response.Body, request.CancellationToken).ConfigureAwait(false);
    }

    private static Task LiveAsync(RequestContext request) => request.AnswerAsync(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("time", request.Time.GetUtcNow().ToUnixTimeMilliseconds());
        json.WriteStartArray("models");
        foreach (var model in request.Models.Models) Write(json, model);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, ServedModel model)
    {
        var loaded = model.Source.Loaded;
        json.WriteStartObject();
        json.WriteString("id", model.Id);
        json.WriteBoolean("loaded", loaded is not null);
        json.WriteBoolean("chats", loaded is null or { Engine.VocabularySize: > 0 });
        json.WriteStartArray("heads");
        foreach (var head in loaded?.Package.Heads.Keys ?? []) json.WriteStringValue($"{model.Id}/{head}");
        json.WriteEndArray();
        json.WriteNumber("queue", loaded?.QueueLength ?? 0);
        json.WriteNumber("active", loaded?.ActiveRequests ?? 0);
        json.WriteNumber("rows", loaded?.Scheduler.BatchRows ?? 0);
        json.WriteNumber("cache_bytes", loaded?.Scheduler.CacheBytes ?? 0);
        json.WriteNumber("tokens_in", loaded?.Scheduler.Statistics.PromptTokens ?? 0);
        json.WriteNumber("tokens_out", loaded?.Scheduler.Statistics.GeneratedTokens ?? 0);
        json.WriteEndObject();
    }
}
