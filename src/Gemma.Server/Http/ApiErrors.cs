using Gemma.Conversion.Hub;
using Gemma.Runtime.Classification;
using Gemma.Server.Errors;
using Microsoft.AspNetCore.Http;

namespace Gemma.Server.Http;

/// <summary>
/// What an exception of the model, or of a middleware, is to a client. Only errors of the request itself tell their text: others may hold paths.
/// </summary>
internal static class ApiErrors
{
    public static ApiException From(Exception exception, RequestContext request) => exception switch
    {
        ApiException known => known,
        BadHttpRequestException bad =>
            new ApiException(bad.StatusCode, "invalid_request_error", bad.StatusCode == 413
                ? "request_too_large"
                : null, "The request's body could not be read: it is too large, too slow or broken off."),
        GemmaContextLengthException => ApiException.Invalid(request.InputField, exception.Message, "context_length_exceeded"),
        GemmaOverloadedException => new ApiException(429, "rate_limit_error", "overloaded", "Too many requests wait for the model.") { RetryAfter = 1 },
        GemmaTimeoutException => new ApiException(408, "server_error", "timeout", "The request took longer than it may."),
        UnknownHeadException => new ApiException(404, "invalid_request_error", "model_not_found", exception.Message, "model"),

        // A function's parameters tell whose they are, with the schema's own error inside.
        GemmaSchemaException schema => ApiException.Invalid(schema.InnerException is GemmaSchemaException ? "tools" : request.FormatField, schema.Message),
        InvalidGenerationConfigException { Option: { } option, Problem: { } problem } when Field(option) is var field =>
            ApiException.Invalid(field, $"'{field}': {problem}."),
        ClassificationInputException or ChatTemplateException => ApiException.Invalid(request.InputField, exception.Message),
        InvalidModelException or EngineException or HubException => request.IsModelLoaded
            ? Failed()
            : new ApiException(503, "server_error", "model_loading", "The model cannot be loaded; the server's log says why.") { RetryAfter = 30 },
        NotSupportedException => ApiException.Invalid(null, exception.Message, "unsupported_parameter"),
        ArgumentException argument => ApiException.Invalid(null, WithoutParameter(argument)),
        GemmaException => ApiException.Invalid(null, exception.Message),
        _ => Failed(),
    };

    private static ApiException Failed() =>
        new(500, "server_error", null, "The request failed; the server's log has the reason under this request's id.");

    // What a field of these APIs is called in transformers, or with the library's name before it.
    private static string Field(string option) => option switch
    {
        "sequence_bias" => "logit_bias",
        "num_return_sequences" => "n",
        "max_new_tokens" or "max_length" => "max_tokens",
        "stop_strings" => "stop",
        [.., ')'] => option[(option.IndexOf('(', StringComparison.Ordinal) + 1)..^1],
        _ => option,
    };

    // .NET adds the name of the method's parameter, which is no field of the request.
    private static string WithoutParameter(ArgumentException exception)
    {
        var message = exception.Message;
        var end = message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
