using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Gemma.Router.Affinity;

/// <summary>
/// Reads the key of a request: an explicit one (the header, or OpenAI's <c>prompt_cache_key</c>), else the beginning that the requests of a conversation share,
/// which is everything up to and including the first message of the user. Requests that use no cache (embeddings, classification, ranking) have none.
/// </summary>
internal static class RoutingKeyReader
{
    // A text without messages: so much of it makes two requests alike.
    private const int PromptLength = 2048;
    private const int MaxDepth = 64;

    /// <summary>The key, or null: any server does.</summary>
    /// <param name="request">The request; its body is not read here.</param>
    /// <param name="body">The body.</param>
    public static RoutingKey? Read(HttpRequest request, ReadOnlyMemory<byte> body)
    {
        var header = request.Headers[GemmaRouterDefaults.AffinityHeader].ToString();
        var beginning = Beginnings.Of(request.Path);
        if (body.IsEmpty || request.Headers.ContentEncoding.Count > 0 || (header.Length == 0 && beginning is null)) return Explicit(header, default);
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = MaxDepth });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return Explicit(header, default);
            if (Explicit(header, root) is { } named) return named;
            if (beginning is null) return null;
            using var hash = new KeyHash();
            hash.Add(root, "model");
            return beginning(root, hash) ? hash.Finish() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The server says what is wrong with it: that it is no JSON, or that a name in it is no text (half a surrogate pair).
            return Explicit(header, default);
        }
    }

    private static RoutingKey? Explicit(string header, JsonElement root)
    {
        using var hash = new KeyHash();
        if (root.ValueKind == JsonValueKind.Object) hash.Add(root, "model");
        if (header.Length > 0)
        {
            hash.Add(Encoding.UTF8.GetBytes(header));
            return hash.Finish();
        }

        return root.ValueKind == JsonValueKind.Object && hash.Add(root, "prompt_cache_key") ? hash.Finish() : null;
    }

    /// <summary>The routes whose requests have a beginning that a server remembers.</summary>
    private static class Beginnings
    {
        public static Func<JsonElement, KeyHash, bool>? Of(PathString path) => path.Value?.TrimEnd('/') switch
        {
            "/v1/chat/completions" or "/api/chat" or "/v1/messages" => Messages,
            "/v1/completions" => (root, hash) => Prompt(root, hash, "prompt"),
            "/api/generate" => Generate,
            "/v1/responses" => Input,
            _ => null,
        };

        private static bool Generate(JsonElement root, KeyHash hash)
        {
            hash.Add(root, "system");
            return Prompt(root, hash, "prompt");
        }

        private static bool Messages(JsonElement root, KeyHash hash)
        {
            hash.Add(root, "system");
            return root.TryGetProperty("messages", out var messages) && UpToUser(messages, hash);
        }

        private static bool Input(JsonElement root, KeyHash hash)
        {
            hash.Add(root, "instructions");
            if (!root.TryGetProperty("input", out var input)) return false;
            return input.ValueKind == JsonValueKind.Array ? UpToUser(input, hash) : Prompt(root, hash, "input");
        }

        private static bool UpToUser(JsonElement messages, KeyHash hash)
        {
            if (messages.ValueKind != JsonValueKind.Array) return false;
            var any = false;
            foreach (var message in messages.EnumerateArray())
            {
                if (message.ValueKind != JsonValueKind.Object) return any;
                hash.Add(message, "role");
                hash.AddContent(message);
                any = true;
                if (message.TryGetProperty("role", out var role) && role.ValueKind == JsonValueKind.String && role.ValueEquals("user")) return true;
            }

            return any;
        }

        private static bool Prompt(JsonElement root, KeyHash hash, string name)
        {
            if (!root.TryGetProperty(name, out var prompt) || prompt.ValueKind is not (JsonValueKind.String or JsonValueKind.Array)) return false;
            hash.AddStart(prompt, PromptLength);
            return true;
        }
    }
}
