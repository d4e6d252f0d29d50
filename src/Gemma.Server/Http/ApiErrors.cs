using Gemma.Runtime.Classification;
using Gemma.Server.Errors;
using Microsoft.AspNetCore.Http;

namespace Gemma.Server.Http;

/// <summary>
/// What an exception of the model, or of a middleware, is to a client. Only errors of the request itself tell their text: others may hold paths.
/// </summary>
internal static class ApiErrors
{
    public static ApiException From(Exception exception) => exception switch
    {
        ApiException known => known,
        BadHttpRequestException bad =>
            new ApiException(bad.StatusCode, "invalid_request_error", bad.StatusCode == 413
                ? "request_too_large"
                : null, "The request's body could not be read: it is too large, too slow or broken off."),
        GemmaContextLengthException => ApiException.Invalid("messages", exception.Message, "context_length_exceeded"),
        GemmaOverloadedException => new ApiException(429, "rate_limit_error", "overloaded", "Too many requests wait for the model.") { RetryAfter = 1 },
        GemmaTimeoutException => new ApiException(408, "server_error", "timeout", "The request took longer than it may."),
        UnknownHeadException => new ApiException(404, "invalid_request_error", "model_not_found", exception.Message, "model"),
        GemmaSchemaException => ApiException.Invalid("response_format", exception.Message),
        ClassificationInputException or UnknownLabelException or ChatTemplateException => ApiException.Invalid(null, exception.Message),
        InvalidModelException or EngineException =>
            new ApiException(503, "server_error", "model_loading", "The model cannot be loaded; the server's log says why.") { RetryAfter = 30 },
        NotSupportedException => ApiException.Invalid(null, exception.Message, "unsupported_parameter"),
        ArgumentException argument => ApiException.Invalid(argument.ParamName, WithoutParameter(argument)),
        GemmaException => ApiException.Invalid(null, exception.Message),
        _ => new ApiException(500, "server_error", null, "The request failed; the server's log has the reason under this request's id."),
    };

    // .NET adds the name of the method's parameter, which is no field of the request.
    private static string WithoutParameter(ArgumentException exception)
    {
        var message = exception.Message;
        var end = message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
