using Gemma.Server.Http;
using Microsoft.AspNetCore.Http;

namespace Gemma.Server.Page;

/// <summary><c>GET /</c>: the page for people; for Ollama's clients the words by which they know that the server is there.</summary>
internal static class HomeRoute
{
    public static void Map(GemmaRoutes routes, GemmaServerOptions options)
    {
        if (options.Page) PageRoutes.Map(routes);
        if (options.Page || options.Ollama) routes.Get("/", request => AnswerAsync(request, options), errors: ErrorShape.Ollama);
    }

    private static Task AnswerAsync(RequestContext request, GemmaServerOptions options) =>
        options.Page && (!options.Ollama || Browser.Asks(request.Http.Request))
        ? PageRoutes.SendAsync(request)
        : request.Http.Response.WriteAsync("Ollama is running", request.CancellationToken);
}
