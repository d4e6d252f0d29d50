using System.Runtime.CompilerServices;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Inputs;
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
    public const string ProviderName = GemmaModel.ProviderName;

    /// <summary>
    /// The key of an answer's log-probabilities in <see cref="ChatMessage.AdditionalProperties"/>: one <see cref="TokenChoice"/> per token, if the request
    /// asked for them.
    /// </summary>
    public const string LogProbabilitiesKey = "LogProbabilities";

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
    public GemmaChatClient(IGemmaModelSource source, GenerationRequest? defaults = null, ILoggerFactory? loggerFactory = null,
        TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        _defaults = defaults ?? new GenerationRequest();
        _metadata = new ChatClientMetadata(ProviderName, null, source.ModelId);
        _logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<GemmaChatClient>();
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        List<ChatResponseUpdate> updates = [];
        await foreach (var update in StreamAsync(messages, options, cancellationToken).ConfigureAwait(false)) updates.Add(update);
        var response = updates.ToChatResponse();
        response.RawRepresentation = updates[^1].RawRepresentation;
        foreach (var message in response.Messages)
            message.RawRepresentation = updates.FindLast(update => update.MessageId == message.MessageId)?.RawRepresentation;
        return response;
    }

    /// <inheritdoc/>
    /// <exception cref="GemmaContextLengthException">Conversation and requested answer do not fit the context.</exception>
    /// <exception cref="GemmaOverloadedException">Too many requests wait for the model.</exception>
    /// <exception cref="NotSupportedException">A message has an image or another content that the model cannot read.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        CancellationToken cancellationToken = default)
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

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(IEnumerable<ChatMessage> messages, ChatOptions? options,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var settings = ChatSettings.Create(this, options, _defaults, _logger);
        IReadOnlyList<ChatMessage> conversation = [.. messages];
        using var lease = await _source.AcquireAsync(cancellationToken).ConfigureAwait(false);
        var model = lease.Model;
        var turns = ChatPrompt.Create(conversation, settings.Instructions, settings.Functions, model.UnreadableContent, model.ToolFormat);
        var prompt = ChatPrompt.Read(model, turns, settings.Template, settings.Functions, cancellationToken);
        var request = await settings.ToRequestAsync(model, prompt, cancellationToken).ConfigureAwait(false);
        var shape = new ChatResponseShape(_source.ModelId, _time);

        // The first answer streams. Further ones follow it whole, unless the caller tells them apart: a response is put together from messages that come one
        // after the other.
        List<(ChatAnswer Answer, List<ChatResponseUpdate> Held)> answers = [];
        await foreach (var step in model.GenerateAsync(prompt.Ids, request, cancellationToken).ConfigureAwait(false))
        {
            while (answers.Count <= step.Sequence) answers.Add((new ChatAnswer(shape, answers.Count, settings.CreateParser(model, prompt)), []));
            var (answer, held) = answers[step.Sequence];
            foreach (var update in answer.Take(step))
            {
                if (settings.InterleavesAnswers || (step.Sequence == 0 && update.FinishReason is null)) yield return update;
                else held.Add(update);
            }
        }

        ChatResponseUpdate[] rest = [.. answers.SelectMany(static answer => answer.Held)];
        if (rest.Length == 0) rest = [shape.CreateUpdate(0, null, answers[0].Answer.Summary!)];
        rest[^1].Contents.Add(new UsageContent(ChatUsage.Of(
            [.. answers.Select(static answer => answer.Answer.Summary!)],
            model.ReplyMarks.Thoughts is null ? null : answers.Sum(static answer => answer.Answer.ReasoningTokens))));
        foreach (var update in rest) yield return update;
    }
}
