using System.Text.Json;
using Gemma.Server.Catalog;
using Gemma.Server.Errors;
using Gemma.Server.Http;

namespace Gemma.Server.OpenAI;

/// <summary><c>GET /v1/models</c> and one of them: models, and the heads of those that are loaded as <c>model/head</c>.</summary>
internal static class ModelsRoutes
{
    public static void Map(GemmaRoutes routes)
    {
        routes.Get("/v1/models", ListAsync);
        routes.Get("/v1/models/{**id}", GetAsync);
    }

    private static Task ListAsync(RequestContext request) => request.AnswerAsync(json =>
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        foreach (var id in request.Models.Models.SelectMany(Ids)) Write(json, id);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static Task GetAsync(RequestContext request)
    {
        // Of all that clients escape, the framework leaves the slash as it is.
        var id = (request.Http.Request.RouteValues["id"] as string ?? string.Empty).Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        if (!request.Models.Models.SelectMany(Ids).Contains(id, StringComparer.Ordinal) && request.Models.Find(id) is null) throw ApiException.UnknownModel(id);
        return request.AnswerAsync(json => Write(json, id));
    }

    private static IEnumerable<string> Ids(ServedModel model)
    {
        yield return model.Id;
        foreach (var head in model.Source.Loaded?.Package.Heads.Keys ?? []) yield return $"{model.Id}/{head}";
    }

    private static void Write(Utf8JsonWriter json, string id)
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("object", "model");
        json.WriteNumber("created", 0);
        json.WriteString("owned_by", "gemma");
        json.WriteEndObject();
    }
}
