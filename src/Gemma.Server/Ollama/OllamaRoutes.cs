using System.Text.Json;
using Gemma.Server.Errors;
using Gemma.Server.Http;

namespace Gemma.Server.Ollama;

/// <summary>
/// The part of Ollama's API that only reads and generates: what chats, editors and OllamaSharp need. Models are never fetched, made or removed by a request.
/// </summary>
internal static class OllamaRoutes
{
    // Clients compare it with what they need; this is the API that is spoken here.
    private const string ApiVersion = "0.12.0";
    private static readonly string[] Refused = ["/api/pull", "/api/push", "/api/create", "/api/copy", "/api/delete", "/api/blobs/{**digest}"];

    public static void Map(GemmaRoutes routes)
    {
        routes.Get("/api/version", request => request.AnswerAsync(WriteVersion), errors: ErrorShape.Ollama);
        routes.Get("/api/tags", OllamaModelRoutes.ListAsync, errors: ErrorShape.Ollama);
        routes.Get("/api/ps", OllamaModelRoutes.ListLoadedAsync, errors: ErrorShape.Ollama);
        routes.Post("/api/show", OllamaModelRoutes.ShowAsync, ErrorShape.Ollama);
        routes.Post("/api/chat", OllamaChatRoute.RunAsync, ErrorShape.Ollama);
        routes.Post("/api/generate", OllamaGenerateRoute.RunAsync, ErrorShape.Ollama);
        routes.Post("/api/embed", OllamaEmbedRoute.RunAsync, ErrorShape.Ollama);
        foreach (var pattern in Refused) routes.Any(pattern, RefuseAsync, ErrorShape.Ollama);
    }

    private static Task RefuseAsync(RequestContext request) =>
        throw new ApiException(501, "invalid_request_error", "not_implemented", "Models are set up where the server is started, never by a request.");

    private static void WriteVersion(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("version", ApiVersion);
        json.WriteEndObject();
    }
}
