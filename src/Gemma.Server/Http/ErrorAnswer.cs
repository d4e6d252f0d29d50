using System.Globalization;
using System.Text.Json;
using Gemma.Server.Errors;
using Microsoft.AspNetCore.Http;

namespace Gemma.Server.Http;

/// <summary>An error as the route's clients expect it; OpenAI's object always has all four keys.</summary>
internal static class ErrorAnswer
{
    private const string PageChallenge = "Basic realm=\"Any name, and an API key as the password\"";

    public static async Task WriteAsync(HttpContext context, ApiException error, ErrorShape shape = ErrorShape.OpenAI)
    {
        var response = context.Response;
        response.StatusCode = Status(error, shape);
        if (error.RetryAfter is { } seconds) response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);

        // OpenAI's clients try these again on their own, which would run a whole generation once more.
        if (error.Status is 408 or 500) response.Headers["x-should-retry"] = "false";

        // Somebody at a browser is asked for the key; a program is told.
        if (error.Status == 401) response.Headers.WWWAuthenticate = Browser.Asks(context.Request) ? PageChallenge : "Bearer";
        await JsonAnswer.WriteAsync(context, json => Write(json, error, shape)).ConfigureAwait(false);
    }

    /// <summary>The error's object.</summary>
    public static void Write(Utf8JsonWriter json, ApiException error, ErrorShape shape = ErrorShape.OpenAI)
    {
        json.WriteStartObject();
        if (shape == ErrorShape.OpenAI)
        {
            json.WriteStartObject("error");
            json.WriteString("message", error.Message);
            json.WriteString("type", error.Type);
            json.WriteString("param", error.Parameter);
            json.WriteString("code", error.Code);
            json.WriteEndObject();
        }
        else
        {
            json.WriteString("error", error.Message);
            if (shape == ErrorShape.Tei) json.WriteString("error_type", TeiType(error));
        }

        json.WriteEndObject();
    }

    private static int Status(ApiException error, ErrorShape shape) => (shape, error.Status) switch
    {
        (ErrorShape.Ollama, 429) => 503,
        (ErrorShape.Tei, 400) => 422,
        (ErrorShape.Tei, >= 500) => 424,
        _ => error.Status,
    };

    private static string TeiType(ApiException error) => error.Status switch
    {
        429 => "Overloaded",
        >= 500 => "Backend",
        _ => "Validation",
    };
}
