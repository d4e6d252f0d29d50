using Gemma.Router.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Gemma.Router.Affinity;

/// <summary>Reads the body before a server is chosen: the policy needs its beginning, and a second try all of it.</summary>
internal sealed class RoutingKeyMiddleware(RequestDelegate next, IOptionsMonitor<GemmaRouterOptions> options)
{
    private const int Piece = 16 << 10;

    public async Task InvokeAsync(HttpContext context)
    {
        var limit = options.CurrentValue.MaxRequestBodyBytes;
        var body = await ReadAsync(context.Request, limit, context.RequestAborted).ConfigureAwait(false);
        if (body is null)
        {
            await RouterError.WriteAsync(context, 413, "invalid_request_error", "request_too_large", $"The body has more than {limit} bytes.")
                .ConfigureAwait(false);
            return;
        }

        await using (body.ConfigureAwait(false))
        {
            if (body.Length > 0) context.Request.Body = body;
            if (RoutingKeyReader.Read(context.Request, body.GetBuffer().AsMemory(0, (int)body.Length)) is { } key) context.Features.Set(key);
            await next(context).ConfigureAwait(false);
        }
    }

    private static async Task<MemoryStream?> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit) return null;
        var body = new MemoryStream((int)(request.ContentLength ?? 0));
        var piece = new byte[Piece];
        int read;
        while ((read = await request.Body.ReadAsync(piece, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (body.Length + read > limit) return null;
            body.Write(piece, 0, read);
        }

        body.Position = 0;
        return body;
    }
}
