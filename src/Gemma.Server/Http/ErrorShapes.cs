using Microsoft.AspNetCore.Http;

namespace Gemma.Server.Http;

/// <summary>Tells whose clients ask where no route has answered: by the route they meant, or by its place.</summary>
internal static class ErrorShapes
{
    /// <summary>The shape that the request's client reads.</summary>
    public static ErrorShape Of(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<ErrorShapeMetadata>() is { } known
        ? known.Shape
        : context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal) ? ErrorShape.Ollama : ErrorShape.OpenAI;
}
