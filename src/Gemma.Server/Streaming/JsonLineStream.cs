using System.Text.Json;
using Gemma.Server.Errors;
using Gemma.Server.Http;

namespace Gemma.Server.Streaming;

/// <summary>Writes one JSON object a line, as Ollama streams.</summary>
internal sealed class JsonLineStream(RequestContext request) : AnswerStream(request, "application/x-ndjson", ping: null)
{
    public Task WriteAsync(Action<Utf8JsonWriter> write) => SendAsync([.. JsonAnswer.Serialize(write).WrittenSpan, (byte)'\n']);

    /// <inheritdoc/>
    protected override Task WriteErrorAsync(ApiException error) => WriteAsync(json => ErrorAnswer.Write(json, error, ErrorShape.Ollama));
}
