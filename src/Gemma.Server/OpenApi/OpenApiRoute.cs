using System.Reflection;
using Gemma.Server.Http;

namespace Gemma.Server.OpenApi;

/// <summary>
/// <c>GET /openapi/v1.json</c>: the routes and their bodies. Written by hand, as the bodies are read by hand; a test holds it to the routes that exist.
/// </summary>
internal static class OpenApiRoute
{
    private const string Resource = "openapi.json";

    public static void Map(GemmaRoutes routes) => routes.Get("/openapi/v1.json", RunAsync);

    private static async Task RunAsync(RequestContext request)
    {
        var document = Assembly.GetExecutingAssembly().GetManifestResourceStream(Resource)!;
        await using var disposal = document.ConfigureAwait(false);
        request.Http.Response.ContentType = "application/json; charset=utf-8";
        request.Http.Response.ContentLength = document.Length;
        await document.CopyToAsync(request.Http.Response.Body, request.CancellationToken).ConfigureAwait(false);
    }
}
