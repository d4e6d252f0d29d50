using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Gemma.Router.Http;

/// <summary>An error of the router itself, as the clients of a route expect it.</summary>
internal static class RouterError
{
    public static Task WriteAsync(HttpContext context, ForwarderError error) => error switch
    {
        ForwarderError.NoAvailableDestinations => UnavailableAsync(context, "No server is available."),
        ForwarderError.RequestTimedOut => WriteAsync(context, 504, "server_error", "timeout", "The server sent nothing for too long."),
        ForwarderError.RequestBodyClient => WriteAsync(context, 400, "invalid_request_error", null, "The body could not be read."),
        _ => UnavailableAsync(context, "The server could not be reached."),
    };

    public static async Task WriteAsync(HttpContext context, int status, string type, string? code, string message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
            Write(json, context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal), type, code, message);
        var response = context.Response;
        response.StatusCode = status;
        response.Headers["X-Request-Id"] = context.TraceIdentifier;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = buffer.WrittenCount;
        await response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
    }

    private static Task UnavailableAsync(HttpContext context, string message)
    {
        context.Response.Headers.RetryAfter = "1";
        return WriteAsync(context, 503, "server_error", "no_server", message);
    }

    // Ollama's clients know only a text.
    private static void Write(Utf8JsonWriter json, bool isOllama, string type, string? code, string message)
    {
        json.WriteStartObject();
        if (isOllama)
        {
            json.WriteString("error", message);
        }
        else
        {
            json.WriteStartObject("error");
            json.WriteString("message", message);
            json.WriteString("type", type);
            json.WriteNull("param");
            json.WriteString("code", code);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
