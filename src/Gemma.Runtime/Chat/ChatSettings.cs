using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Inputs;
using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts.Tools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace Gemma.Runtime.Chat;

/// <summary>What a request's <see cref="ChatOptions"/> mean for this model. The options themselves are not changed.</summary>
internal sealed partial class ChatSettings
{
    /// <summary>The key in <see cref="ChatOptions.AdditionalProperties"/> of <see cref="InterleavesAnswers"/>.</summary>
    public const string InterleavesAnswersKey = "Gemma.InterleavesAnswers";

    private ChatSettings()
    {
    }

    /// <summary>The functions to announce; empty if there are none or none may be called.</summary>
    public required IReadOnlyList<AIFunctionDeclaration> Functions { get; init; }

    /// <summary>Whether the model may be asked for several calls; null where the caller does not say.</summary>
    public bool? AllowMultipleCalls { get; private init; }

    /// <summary>Whether functions may or must be called.</summary>
    public ChatToolMode? ToolMode { get; private init; }

    /// <summary>The answer's format.</summary>
    public ChatResponseFormat? ResponseFormat { get; private init; }

    /// <summary>The caller's instructions, and the schema of the answer.</summary>
    public string? Instructions { get; private init; }

    /// <summary>Is told of keywords of schemas that are not enforced; null where such a keyword is an error.</summary>
    public Action<string>? OnIgnoredKeyword { get; private init; }

    /// <summary>What the request says about the chat template.</summary>
    public ChatTemplateOptions Template { get; private init; } = ChatTemplateOptions.None;

    /// <summary>Whether several answers stream beside each other, each update as it comes, instead of one after the other.</summary>
    public bool InterleavesAnswers { get; private init; }

    /// <summary>Whether the caller gets the model's thoughts.</summary>
    private bool ShowsThoughts { get; init; } = true;

    private GenerationRequest Request { get; init; } = new();

    /// <summary>Reads options.</summary>
    /// <exception cref="NotSupportedException">The options ask for background responses.</exception>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public static ChatSettings Create(IChatClient client, ChatOptions? options, GenerationRequest defaults, ILogger logger)
    {
        if (options is null) return new ChatSettings { Functions = [], Request = defaults };
        if (options.ContinuationToken is not null)
            throw new NotSupportedException("Background responses are not supported: leave ChatOptions.ContinuationToken unset.");
        if (options.ModelId is { } modelId && modelId != client.GetService<ChatClientMetadata>()?.DefaultModelId) LogOtherModel(logger, modelId);
        var native = options.RawRepresentationFactory?.Invoke(client) as GenerationRequest ?? new GenerationRequest();
        var (loose, alternatives) = ChatOptionProperties.Read(options.AdditionalProperties);
        var config = (defaults.Config ?? new GenerationConfig()).Merge(loose.Merge(Config(options))).Merge(native.Config ?? new GenerationConfig());
        CheckRanges(config, options);
        var functions = Declared(options, logger);
        var format = ResponseFormats.Unwrap(options.ResponseFormat);
        if (options.ToolMode is RequiredChatToolMode required) CheckRequired(required, functions);
        var interleaves = options.AdditionalProperties?.TryGetValue(InterleavesAnswersKey, out bool asked) == true && asked;
        if (functions.Count > 0 && config.NumReturnSequences > 1 && !interleaves)
        {
            throw new InvalidGenerationConfigException("num_return_sequences",
                "functions are called from one answer; ask for one, or leave ChatOptions.Tools out");
        }
        return new ChatSettings
        {
            Functions = functions,
            AllowMultipleCalls = options.AllowMultipleToolCalls,
            Template = ChatTemplateOptions.Read(options),
            ShowsThoughts = options.Reasoning?.Output != ReasoningOutput.None,
            InterleavesAnswers = interleaves,
            ToolMode = options.ToolMode,
            ResponseFormat = format,
            Instructions = options.ToolMode is RequiredChatToolMode || !StructuredOutput.Read(options, StructuredOutput.SchemaInPrompt, defaultValue: true)
                ? options.Instructions
                : SchemaPrompt.Join(options.Instructions, format, functions.Count > 0),
            OnIgnoredKeyword = StructuredOutput.Read(options, StructuredOutput.IgnoreUnenforcedKeywords, defaultValue: false)
                ? text => LogIgnoredKeyword(logger, text)
                : null,
            Request = native with
            {
                Config = config,
                IncludeSpecialTokens = native.IncludeSpecialTokens || defaults.IncludeSpecialTokens,
                Priority = native.Priority != 0 ? native.Priority : defaults.Priority,
                Timeout = native.Timeout ?? defaults.Timeout,
                Alternatives = native.Alternatives ?? alternatives ?? defaults.Alternatives,
                RepeatsGreedySearch = interleaves,
            },
        };
    }

    /// <summary>
    /// The request for a loaded model and a prompt. A grammar that is compiled for the first time is, like all computing, not the caller's thread's business.
    /// </summary>
    public ValueTask<GenerationRequest> ToRequestAsync(GemmaModel model, EncodedPrompt prompt, CancellationToken cancellationToken) =>
        ChatConstraint.IsNeeded(this)
        ? new ValueTask<GenerationRequest>(Task.Run(() => ToRequest(model, prompt, cancellationToken), cancellationToken))
        : ValueTask.FromResult(ToRequest(model, prompt, cancellationToken));

    /// <summary>What makes contents of the model's reply to a prompt.</summary>
    public ReplyParser CreateParser(GemmaModel model, EncodedPrompt prompt)
    {
        var marks = model.ReplyMarks;
        var isFormatted = ResponseFormat is ChatResponseFormatJson && ToolMode is not RequiredChatToolMode;
        var thoughts = marks.Thoughts is null ? null : new ThoughtSplitter(marks.Thoughts, prompt.IsInThought, marks);
        return new ReplyParser(thoughts, Functions.Count == 0 ? null : new ToolCallParser(Functions, AllowMultipleCalls ?? true, isFormatted, marks))
        {
            ShowsThoughts = ShowsThoughts,
        };
    }

    private GenerationRequest ToRequest(GemmaModel model, EncodedPrompt prompt, CancellationToken cancellationToken)
    {
        var maxTokens = model.MaxNewTokens(prompt.Ids.Length, Request.Config);
        var thought = Thought(model, prompt);

        // The first one is made here, so that a schema that cannot be followed is refused before the request waits.
        var first = CreateConstraint();
        return Request with
        {
            Operation = RequestOperation.Chat,
            Marks = Request.IncludeSpecialTokens ? null : model.ReplyMarks.Tokens,
            CreateConstraint = first is null ? null : () => Interlocked.Exchange(ref first, null) ?? CreateConstraint()!,
            CreateTextObserver = AllowMultipleCalls == false && Functions.Count > 0 ? () => ObserveCall(model, prompt) : null,
        };

        ITokenConstraint? CreateConstraint() =>
            ChatConstraint.Create(model, this, [.. Request.Config?.EosTokenId ?? model.Package.EosTokenIds], maxTokens, thought, cancellationToken);
    }

    // Where a thought may stand in a constrained reply.
    private ThoughtPlace Thought(GemmaModel model, EncodedPrompt prompt)
    {
        if (model.ReplyMarks.Thoughts is not { } marks) return ThoughtPlace.Nowhere;
        if (prompt.IsInThought) return ThoughtPlace.Begun;
        return Template.IsThinkingEnabled ?? !marks.IsAsked ? ThoughtPlace.First : ThoughtPlace.Nowhere;
    }

    // The inference thread looks for the end of the one call itself; the reader of the stream would be late.
    private Func<string, bool> ObserveCall(GemmaModel model, EncodedPrompt prompt)
    {
        var parser = CreateParser(model, prompt);
        return text =>
        {
            parser.Append(text);
            return parser.IsFinished;
        };
    }

    private static GenerationConfig Config(ChatOptions options) => GenerationConfig.OfTemperature(options.Temperature) with
    {
        TopP = options.TopP,
        TopK = options.TopK,
        FrequencyPenalty = options.FrequencyPenalty,
        PresencePenalty = options.PresencePenalty,
        Seed = options.Seed,
        MaxNewTokens = options.MaxOutputTokens,
        StopStrings = options.StopSequences is { Count: > 0 } stops ? [.. stops] : null,
    };

    private static List<AIFunctionDeclaration> Declared(ChatOptions options, ILogger logger)
    {
        List<AIFunctionDeclaration> functions = [];
        foreach (var tool in options.Tools ?? [])
        {
            if (tool is AIFunctionDeclaration function) functions.Add(function);
            else LogIgnoredTool(logger, tool.Name);
        }

        return options.ToolMode is NoneChatToolMode ? [] : functions;
    }

    // Out of range is the caller's option: it is named as the caller knows it.
    private static void CheckRanges(GenerationConfig config, ChatOptions options)
    {
        if (options.MaxOutputTokens <= 0)
            throw new ArgumentOutOfRangeException(nameof(options), options.MaxOutputTokens, "ChatOptions.MaxOutputTokens must be at least 1.");
        if (options.StopSequences?.Any(string.IsNullOrEmpty) == true)
            throw new ArgumentException("ChatOptions.StopSequences has an empty text; leave it out.", nameof(options));
        try
        {
            // Whether several sequences are possible depends on the package's own options, too.
            (config with { NumReturnSequences = config.NumReturnSequences > 1 ? null : config.NumReturnSequences }).Validate();
        }
        catch (InvalidGenerationConfigException e) when (CallerName(e.Option, options) is { } name)
        {
            throw new InvalidGenerationConfigException(name, e.Problem!);
        }
    }

    private static string? CallerName(string? option, ChatOptions options) => option switch
    {
        null => null,
        "temperature" when options.Temperature is not null => "ChatOptions.Temperature (temperature)",
        "top_p" when options.TopP is not null => "ChatOptions.TopP (top_p)",
        "top_k" when options.TopK is not null => "ChatOptions.TopK (top_k)",
        "frequency_penalty" when options.FrequencyPenalty is not null => "ChatOptions.FrequencyPenalty (frequency_penalty)",
        "presence_penalty" when options.PresencePenalty is not null => "ChatOptions.PresencePenalty (presence_penalty)",
        _ when options.AdditionalProperties?.ContainsKey(option) == true => $"ChatOptions.AdditionalProperties[\"{option}\"]",
        _ => null,
    };

    private static void CheckRequired(RequiredChatToolMode mode, List<AIFunctionDeclaration> functions)
    {
        if (functions.Count == 0) throw new ArgumentException("ChatOptions.ToolMode requires a call, but ChatOptions.Tools has no function.");
        if (mode.RequiredFunctionName is { } name && !functions.Exists(function => function.Name == name))
            throw new ArgumentException($"ChatOptions.ToolMode requires '{name}', but ChatOptions.Tools has no function of that name.");
    }

    [LoggerMessage(1, LogLevel.Debug, "The hosted tool '{Tool}' is ignored: a local model can call functions only")]
    private static partial void LogIgnoredTool(ILogger logger, string tool);

    [LoggerMessage(3, LogLevel.Warning, "A keyword of a schema is not enforced: {Reason}")]
    private static partial void LogIgnoredKeyword(ILogger logger, string reason);

    [LoggerMessage(2, LogLevel.Debug, "The request names the model '{ModelId}'; this client has one model and uses it")]
    private static partial void LogOtherModel(ILogger logger, string modelId);
}
