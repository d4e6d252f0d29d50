using Gemma.Server.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.Server.Health;

/// <summary>Liveness, which never looks at a model, and readiness: every model loaded (by a server that loads its models, warm too) and the application not
/// stopping. Neither needs a key.</summary>
internal static class HealthRoutes
{
    public static void Map(GemmaRoutes routes)
    {
        routes.Get("/health/live", request => AnswerAsync(request, "live", 200), needsKey: false);
        routes.Get("/health/ready", ReadyAsync, needsKey: false);
        routes.Get("/health", ReadyAsync, needsKey: false);
    }

    private static Task ReadyAsync(RequestContext request)
    {
        if (request.Http.RequestServices.GetRequiredService<Drain>().IsStopping) return AnswerAsync(request, "stopping", 503);
        return request.Models.Models.All(model => model.IsReady) ? AnswerAsync(request, "ready", 200) : AnswerAsync(request, "loading", 503);
    }

    private static Task AnswerAsync(RequestContext request, string status, int code)
    {
        request.Http.Response.StatusCode = code;
        if (code == 503) request.Http.Response.Headers.RetryAfter = "1";
        return request.AnswerAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("status", status);
            json.WriteEndObject();
        });
    }
}
