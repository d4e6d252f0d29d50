using Yarp.ReverseProxy.Transforms;

namespace Gemma.Router.Retries;

/// <summary>Holds a refusal back while another server may take the request; once an answer begins, forgets the request's body.</summary>
internal sealed class RefusalTransform : ResponseTransform
{
    public override ValueTask ApplyAsync(ResponseTransformContext context)
    {
        if (context.HttpContext.Features.Get<RetryFeature>() is { MayRetry: true } attempt && (int?)context.ProxyResponse?.StatusCode is 429 or 503)
        {
            attempt.IsRefused = true;
            context.SuppressResponseBody = true;
        }
        else if (context.ProxyResponse is not null)
        {
            // Nobody needs it any more, and the answer may take minutes.
            context.HttpContext.Request.Body = Stream.Null;
        }

        return default;
    }
}
