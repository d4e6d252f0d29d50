namespace Gemma.Server.Errors;

/// <summary>An error that a client is told, in OpenAI's words.</summary>
internal sealed class ApiException(int status, string type, string? code, string message, string? parameter = null) : Exception(message)
{
    public int Status { get; } = status;

    public string Type { get; } = type;

    public string? Code { get; } = code;

    public string? Parameter { get; } = parameter;

    /// <summary>Seconds after which another try makes sense, or null.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>A field's value that is not acceptable.</summary>
    public static ApiException Invalid(string? parameter, string message, string? code = "invalid_value") =>
        new(400, "invalid_request_error", code, message, parameter);

    /// <summary>A model that is not served here.</summary>
    public static ApiException UnknownModel(string name) =>
        new(404, "invalid_request_error", "model_not_found", $"The model '{name}' is not served here; GET /v1/models lists what is.", "model");
}
