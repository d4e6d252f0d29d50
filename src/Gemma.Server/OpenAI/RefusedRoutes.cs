using Gemma.Server.Errors;
using Gemma.Server.Http;

namespace Gemma.Server.OpenAI;

/// <summary>Parts of OpenAI's API that need files or models of another kind: a client is told so, and not that it mistyped an address.</summary>
internal static class RefusedRoutes
{
    private static readonly string[] Patterns = ["/v1/files/{**id}", "/v1/batches/{**id}", "/v1/uploads/{**id}", "/v1/images/{**id}", "/v1/audio/{**id}",
        "/v1/fine_tuning/{**id}"];

    public static void Map(GemmaRoutes routes)
    {
        foreach (var pattern in Patterns) routes.Any(pattern, RefuseAsync, ErrorShape.OpenAI);
    }

    private static Task RefuseAsync(RequestContext request) =>
        throw new ApiException(501, "invalid_request_error", "not_implemented", $"'{request.Http.Request.Path}' is a part of OpenAI's API that is not served.");
}
