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
        bool isKept;
        try
        {
            isKept = await KeepBodyAsync(context, limit).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e)
        {
            await RouterError.WriteAsync(context, e.StatusCode, "invalid_request_error", e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? "request_too_large"
                : null, "The request's body could not be read: it is too large, too slow or broken off.").ConfigureAwait(false);
            return;
        }

        if (isKept) await next(context).ConfigureAwait(false);
        else
        {
            await RouterError.WriteAsync(context, 413, "invalid_request_error", "request_too_large", $"The body has more than {limit} bytes.")
                .ConfigureAwait(false);
        }
    }

    // Only the request holds the body, so that it is gone when the request lets go of it.
    private static async Task<bool> KeepBodyAsync(HttpContext context, int limit)
    {
        if (await ReadAsync(context.Request, limit, context.RequestAborted).ConfigureAwait(false) is not { } body) return false;

        // An empty one as well: a second try begins at its beginning.
        context.Request.Body = body;
        if (RoutingKeyReader.Read(context.Request, body.GetBuffer().AsMemory(0, (int)body.Length)) is { } key) context.Features.Set(key);
        return true;
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
