using System.Text.Json;
using Gemma.Server.Catalog;
using Gemma.Server.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.Server.Http;

/// <summary>One request: its body, the models, and the token that ends it when the client leaves or its time is up.</summary>
internal sealed class RequestContext(HttpContext context, GemmaServerOptions options, Drain drain, CancellationToken cancellationToken) : IDisposable
{
    private const int MaxDepth = 64;

    private JsonDocument? _document;
    private ServedModel? _model;

    public HttpContext Http => context;

    /// <summary>How this request's errors are written; a body may show whose client sent it.</summary>
    public ErrorShape Errors { get; set; }

    /// <summary>The field that the model reads, as errors name it.</summary>
    public string InputField { get; set; } = "messages";

    /// <summary>The field with the form of the answer, as errors name it.</summary>
    public string FormatField { get; set; } = "response_format";

    public GemmaServerOptions Options => options;

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>The model that the request uses, or null as long as none was found.</summary>
    public string? Model => _model?.Id;

    /// <summary>Whether that model is there: what fails now did not fail in its load.</summary>
    public bool IsModelLoaded => _model is null or { Source.Loaded: not null };

    /// <summary>Tokens that the model read for the request.</summary>
    public long InputTokens { get; private set; }

    /// <summary>Tokens that the model wrote.</summary>
    public long OutputTokens { get; private set; }

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

    /// <summary>A model's answer, whose tokens are counted as the request's.</summary>
    public IAsyncEnumerable<ChatResponseUpdate> Ask(ServedModel model, IEnumerable<ChatMessage> messages, ChatOptions chat) =>
        model.AnswerAsync(messages, chat, cancellationToken).Select(update =>
        {
            foreach (var usage in update.Contents.OfType<UsageContent>()) Count(usage.Details.InputTokenCount, usage.Details.OutputTokenCount);
            return update;
        });

    /// <summary>Counts tokens that the model read and wrote.</summary>
    public void Count(long? input, long? output = null) => (InputTokens, OutputTokens) = (InputTokens + (input ?? 0), OutputTokens + (output ?? 0));

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

        var json = buffer.ToArray();
        try
        {
            _document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
        }
        catch (JsonException)
        {
            throw ApiException.Invalid(null, "The body is not valid JSON.", null);
        }

        if (_document.RootElement.ValueKind != JsonValueKind.Object) throw ApiException.Invalid(null, "The body must be a JSON object.", null);
        UnicodeText.Check(json, _document.RootElement);
    }

    /// <summary>What an exception of this request is to its client.</summary>
    public ApiException Failure(Exception exception)
    {
        if (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested) return ApiErrors.From(exception, this);
        return drain.Over.IsCancellationRequested
            ? Drain.Refusal()
            : new ApiException(408, "server_error", "timeout", "The request took longer than the server allows.");
    }

    public Task AnswerAsync(Action<Utf8JsonWriter> write) => JsonAnswer.WriteAsync(context, write);

    public void Dispose() => _document?.Dispose();

    private ServedModel Note(ServedModel model)
    {
        _model = model;
        return model.IsReady || !options.LoadsAtStart
            ? model
            : throw new ApiException(503, "server_error", "model_loading", $"The model '{model.Id}' is still being loaded.") { RetryAfter = 5 };
    }

    private ApiException TooLarge() => new(413, "invalid_request_error", "request_too_large", $"The body has more than {options.MaxRequestBodyBytes} bytes.");
}
