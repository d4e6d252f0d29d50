using System.Runtime.CompilerServices;
using Gemma.Runtime.Generation;
using Gemma.Tokenization;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Runtime.Chat;

/// <summary>Chats with a Gemma model through Microsoft.Extensions.AI: streaming, tools, structured output, usage.</summary>
/// <remarks>Safe for concurrent use: requests share the model's passes. Stateless: every call brings the whole conversation. Does not own the model.</remarks>
public sealed class GemmaChatClient : IChatClient
{
    /// <summary>The provider's name in metadata and telemetry.</summary>
    public const string ProviderName = "gemma";

    private readonly IGemmaModelSource _source;
    private readonly GenerationRequest _defaults;
    private readonly ChatClientMetadata _metadata;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;

    /// <summary>Creates a client.</summary>
    /// <param name="source">A loaded model, or one that is loaded at the first request.</param>
    /// <param name="defaults">What a request gets that does not say otherwise, or null for the model's own defaults.</param>
    /// <param name="loggerFactory">Receives what was ignored.</param>
    /// <param name="timeProvider">The clock, or null for the system's.</param>
    public GemmaChatClient(IGemmaModelSource source, GenerationRequest? defaults = null, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        _defaults = defaults ?? new GenerationRequest();
        _metadata = new ChatClientMetadata(ProviderName, null, source.ModelId);
        _logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<GemmaChatClient>();
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="GemmaContextLengthException">Conversation and requested answer do not fit the context.</exception>
    /// <exception cref="GemmaOverloadedException">Too many requests wait for the model.</exception>
    /// <exception cref="NotSupportedException">A message has an image or another content that the model cannot read.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return StreamAsync(messages, options, cancellationToken);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        ServiceLookup.Find(serviceType, serviceKey, this, _metadata, _source)
        ?? (serviceKey is null && serviceType.IsAssignableFrom(typeof(GemmaTokenizer)) ? _source.Loaded?.Tokenizer : null);

    /// <summary>Does nothing: the model belongs to whoever loaded it.</summary>
    public void Dispose()
    {
    }

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var settings = ChatSettings.Create(this, options, _defaults, _logger);
        var conversation = ChatPrompt.Create(messages, options?.Instructions, settings.Functions);
        using var lease = await _source.AcquireAsync(cancellationToken).ConfigureAwait(false);
        var model = lease.Model;
        var prompt = ChatPrompt.Encode(model, conversation);
        var request = await settings.ToRequestAsync(model, prompt.Length, cancellationToken).ConfigureAwait(false);
        var writer = new ChatUpdateWriter(_source.ModelId, _time);
        var parser = settings.CreateParser();
        await foreach (var update in model.GenerateAsync(prompt, request, cancellationToken).ConfigureAwait(false))
        {
            if (parser is null)
            {
                if (update.Text.Length > 0) yield return writer.Content(new TextContent(update.Text));
            }
            else
            {
                foreach (var content in parser.Append(update.Text)) yield return writer.Content(content);
            }

            if (update.Summary is not { } summary) continue;
            foreach (var content in parser?.Flush() ?? []) yield return writer.Content(content);
            yield return writer.Final(summary);
        }
    }
}
