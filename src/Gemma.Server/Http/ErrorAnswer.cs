using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Gemma.Server.Http;

/// <summary>OpenAI's error object: always all four keys.</summary>
internal static class ErrorAnswer
{
    public static async Task WriteAsync(HttpContext context, ApiException error)
    {
        var response = context.Response;
        response.StatusCode = error.Status;
        if (error.RetryAfter is { } seconds) response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);

        // OpenAI's clients try these again on their own, which would run a whole generation once more.
        if (error.Status is 408 or 500) response.Headers["x-should-retry"] = "false";
        if (error.Status == 401) response.Headers.WWWAuthenticate = "Bearer";
        await JsonAnswer.WriteAsync(context, json => Write(json, error)).ConfigureAwait(false);
    }

    /// <summary>The object <c>{"error": {…}}</c>.</summary>
    public static void Write(Utf8JsonWriter json, ApiException error)
    {
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("message", error.Message);
        json.WriteString("type", error.Type);
        json.WriteString("param", error.Parameter);
        json.WriteString("code", error.Code);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
