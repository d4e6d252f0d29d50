using Yarp.ReverseProxy.Transforms;

namespace Gemma.Router.Retries;

/// <summary>Holds a refusal back while another server may take the request.</summary>
internal sealed class RefusalTransform : ResponseTransform
{
    public override ValueTask ApplyAsync(ResponseTransformContext context)
    {
        if (context.HttpContext.Features.Get<RetryFeature>() is { MayRetry: true } attempt && (int?)context.ProxyResponse?.StatusCode is 429 or 503)
        {
            attempt.IsRefused = true;
            context.SuppressResponseBody = true;
        }

        return default;
    }
}
