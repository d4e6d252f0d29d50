namespace Gemma.Server.Http;

/// <summary>Whose clients read a route's errors.</summary>
internal enum ErrorShape
{
    /// <summary><c>{"error": {message, type, param, code}}</c>.</summary>
    OpenAI,

    /// <summary><c>{"error": "text"}</c>; a full queue is 503.</summary>
    Ollama,

    /// <summary>Text Embeddings Inference's <c>{"error": "text", "error_type": …}</c>; an invalid request is 422.</summary>
    Tei,
}
