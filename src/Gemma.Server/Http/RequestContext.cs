using System.Text.Json;
using Gemma.Server.Catalog;
using Gemma.Server.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.Server.Http;

/// <summary>One request: its body, the models, and the token that ends it when the client leaves or its time is up.</summary>
internal sealed class RequestContext(HttpContext context, GemmaServerOptions options, CancellationToken cancellationToken) : IDisposable
{
    private const int MaxDepth = 64;

    private JsonDocument? _document;

    public HttpContext Http => context;

    /// <summary>How this request's errors are written; a body may show whose client sent it.</summary>
    public ErrorShape Errors { get; set; }

    public GemmaServerOptions Options => options;

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>The model that the request uses, or null as long as none was found.</summary>
    public string? Model { get; private set; }

    public ModelCatalog Models => context.RequestServices.GetRequiredService<ModelCatalog>();

    public TimeProvider Time => context.RequestServices.GetService<TimeProvider>() ?? TimeProvider.System;

    /// <summary>The body's object.</summary>
    public BodyObject Body => new(_document!.RootElement, null);

    public long Now => Time.GetUtcNow().ToUnixTimeSeconds();

    /// <inheritdoc cref="ModelCatalog.Find"/>
    public ServedModel FindModel(string? name) => Note(Models.Find(name));

    /// <inheritdoc cref="ModelCatalog.FindTag"/>
    public ServedModel FindModelByTag(string? name) => Note(Models.FindTag(name));

    /// <inheritdoc cref="ModelCatalog.FindHead"/>
    public (ServedModel Model, string? Head) FindHead(string? name)
    {
        var found = Models.FindHead(name);
        Note(found.Model);
        return found;
    }

    public async Task ReadBodyAsync()
    {
        if (!context.Request.HasJsonContentType())
            throw new ApiException(415, "invalid_request_error", null, "The body must be JSON: send 'Content-Type: application/json'.");
        if (context.Request.ContentLength > options.MaxRequestBodyBytes) throw TooLarge();
        var body = BodyEncoding.Open(context.Request);
        await using var disposal = body.ConfigureAwait(false);
        using var buffer = new MemoryStream();
        var chunk = new byte[16 << 10];
        int read;
        while ((read = await BodyEncoding.ReadAsync(body, chunk, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (buffer.Length + read > options.MaxRequestBodyBytes) throw TooLarge();
            buffer.Write(chunk, 0, read);
        }

        try
        {
            _document = JsonDocument.Parse(buffer.ToArray(), new JsonDocumentOptions { MaxDepth = MaxDepth });
        }
        catch (JsonException)
        {
            throw ApiException.Invalid(null, "The body is not valid JSON.", null);
        }

        if (_document.RootElement.ValueKind != JsonValueKind.Object) throw ApiException.Invalid(null, "The body must be a JSON object.", null);
    }

    /// <summary>What an exception of this request is to its client.</summary>
    public ApiException Failure(Exception exception) => exception is OperationCanceledException && cancellationToken.IsCancellationRequested
        ? new ApiException(408, "server_error", "timeout", "The request took longer than the server allows.")
        : ApiErrors.From(exception);

    public Task AnswerAsync(Action<Utf8JsonWriter> write) => JsonAnswer.WriteAsync(context, write);

    public void Dispose() => _document?.Dispose();

    private ServedModel Note(ServedModel model)
    {
        Model = model.Id;
        return model;
    }

    private ApiException TooLarge() => new(413, "invalid_request_error", "request_too_large", $"The body has more than {options.MaxRequestBodyBytes} bytes.");
}
