using System.Text.Json;
using System.Text.Json.Serialization;
using Gemma.Runtime.Chat;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Models;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;

namespace Gemma.SemanticKernel;

/// <summary>Settings of a Gemma request in Semantic Kernel; the JSON names are those that prompt files use.</summary>
[JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)]
public sealed class GemmaPromptExecutionSettings : PromptExecutionSettings
{
    /// <summary>Randomness: 0 always takes the most likely token.</summary>
    /// <value>At least 0, default null: the model's.</value>
    [JsonPropertyName("temperature")]
    public float? Temperature { get; set => Set(ref field, value); }

    /// <summary>Only the most likely tokens that together have this probability are considered.</summary>
    /// <value>Above 0 up to 1, default null.</value>
    [JsonPropertyName("top_p")]
    public float? TopP { get; set => Set(ref field, value); }

    /// <summary>Only this many most likely tokens are considered.</summary>
    /// <value>At least 1, default null.</value>
    [JsonPropertyName("top_k")]
    public int? TopK { get; set => Set(ref field, value); }

    /// <summary>Tokens less likely than this share of the most likely one are dropped.</summary>
    /// <value>0 to 1, default null.</value>
    [JsonPropertyName("min_p")]
    public float? MinP { get; set => Set(ref field, value); }

    /// <summary>Divides the scores of tokens that occurred already.</summary>
    /// <value>Above 0, default null; 1 changes nothing.</value>
    [JsonPropertyName("repetition_penalty")]
    public float? RepetitionPenalty { get; set => Set(ref field, value); }

    /// <summary>Subtracted from the score of a token once per occurrence in the answer.</summary>
    /// <value>-2 to 2, default null.</value>
    [JsonPropertyName("frequency_penalty")]
    public float? FrequencyPenalty { get; set => Set(ref field, value); }

    /// <summary>Subtracted from the score of every token that occurs in the answer.</summary>
    /// <value>-2 to 2, default null.</value>
    [JsonPropertyName("presence_penalty")]
    public float? PresencePenalty { get; set => Set(ref field, value); }

    /// <summary>The most tokens of the answer.</summary>
    /// <value>At least 1, default null: the room that is left in the context.</value>
    [JsonPropertyName("max_tokens")]
    public int? MaxTokens { get; set => Set(ref field, value); }

    /// <summary>Makes sampling repeatable: same seed, same request, same text.</summary>
    /// <value>Default null.</value>
    [JsonPropertyName("seed")]
    public long? Seed { get; set => Set(ref field, value); }

    /// <summary>Texts that end the answer; they are not part of it.</summary>
    /// <value>Default null.</value>
    [JsonPropertyName("stop_sequences")]
    public IList<string>? StopSequences { get; set => Set(ref field, value); }

    /// <summary>A system text in front of the conversation.</summary>
    /// <value>Default null.</value>
    [JsonPropertyName("chat_system_prompt")]
    public string? ChatSystemPrompt { get; set => Set(ref field, value); }

    /// <summary>The form of the answer: <c>"text"</c>, <c>"json_object"</c>, a <see cref="Type"/>, a JSON schema as <see cref="JsonElement"/>, a
    /// <see cref="ChatResponseFormat"/>, or OpenAI's envelope
    /// <c>{"type":"json_schema","json_schema":{"schema":…}}</c>. Anything else is refused when the request is made. A type's numbers keep inside its
    /// limits.</summary>
    /// <value>Default null: text.</value>
    [JsonPropertyName("response_format")]
    [JsonConverter(typeof(ResponseFormatConverter))]
    public object? ResponseFormat { get; set => Set(ref field, value); }

    /// <summary>Converts any settings to Gemma's; null gives the defaults, Gemma's own are returned as they are.</summary>
    /// <param name="settings">The settings.</param>
    /// <exception cref="ArgumentException">A value has the wrong type.</exception>
    public static GemmaPromptExecutionSettings FromExecutionSettings(PromptExecutionSettings? settings) =>
        FromExecutionSettings(settings, AIJsonUtilities.DefaultOptions);

    /// <summary>Converts any settings to Gemma's; null gives the defaults, Gemma's own are returned as they are.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="serializerOptions">Knows the type of settings of another connector; needed only where reflection is switched off, as in Native AOT.</param>
    /// <exception cref="ArgumentException">A value has the wrong type.</exception>
    public static GemmaPromptExecutionSettings FromExecutionSettings(PromptExecutionSettings? settings, JsonSerializerOptions serializerOptions)
    {
        ArgumentNullException.ThrowIfNull(serializerOptions);
        if (settings is null) return new GemmaPromptExecutionSettings();
        if (settings is GemmaPromptExecutionSettings own) return own;
        if (settings.GetType() == typeof(PromptExecutionSettings) || !serializerOptions.TryGetTypeInfo(settings.GetType(), out var type))
            return ExtensionDataReader.Read(settings);
        try
        {
            var json = JsonSerializer.SerializeToNode(settings, type)!.AsObject();

            // A behavior can be written, but not read.
            json.Remove("function_choice_behavior");
            var converted = json.Deserialize(GemmaSettingsJsonContext.Default.GemmaPromptExecutionSettings)!;
            converted.FunctionChoiceBehavior = settings.FunctionChoiceBehavior;
            return converted;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw new ArgumentException(
                $"The execution settings do not fit "
                    + $"GemmaPromptExecutionSettings{((e as JsonException)?.Path is { } path ? $" at '{path}'" : string.Empty)}: {e.Message}",
                nameof(settings),
                e);
        }
    }

    /// <inheritdoc/>
    public override void Freeze()
    {
        if (IsFrozen) return;
        if (StopSequences is not null) StopSequences = new System.Collections.ObjectModel.ReadOnlyCollection<string>(StopSequences);
        base.Freeze();
    }

    /// <inheritdoc/>
    public override PromptExecutionSettings Clone() => new GemmaPromptExecutionSettings
    {
        ModelId = ModelId,
        ServiceId = ServiceId,
        FunctionChoiceBehavior = FunctionChoiceBehavior,
        ExtensionData = ExtensionData is null ? null : new Dictionary<string, object>(ExtensionData),
        Temperature = Temperature,
        TopP = TopP,
        TopK = TopK,
        MinP = MinP,
        RepetitionPenalty = RepetitionPenalty,
        FrequencyPenalty = FrequencyPenalty,
        PresencePenalty = PresencePenalty,
        MaxTokens = MaxTokens,
        Seed = Seed,
        StopSequences = StopSequences is null ? null : [.. StopSequences],
        ChatSystemPrompt = ChatSystemPrompt,
        ResponseFormat = ResponseFormat,
    };

    /// <inheritdoc/>
    protected override void PrepareChatOptionsForRequest(ChatOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        base.PrepareChatOptionsForRequest(options);

        // The client's own type reaches it as it is, where loose properties would go through JSON.
        options.RawRepresentationFactory = _ => ToRequest();
        if (SettingsResponseFormat.Read(ResponseFormat) is { } format) options.ResponseFormat = format;
    }

    internal GenerationRequest ToRequest()
    {
        if (MaxTokens <= 0) throw new InvalidGenerationConfigException("MaxTokens (max_tokens)", $"{MaxTokens} is not at least 1");
        var (loose, alternatives) = ChatOptionProperties.Read(ExtensionData!);
        return new GenerationRequest
        {
            Config = loose.Merge(Config()),
            Alternatives = alternatives,
        };
    }

    private GenerationConfig Config()
    {
        var config = GenerationConfig.OfTemperature(Temperature) with
        {
            TopP = TopP,
            TopK = TopK,
            MinP = MinP,
            RepetitionPenalty = RepetitionPenalty,
            FrequencyPenalty = FrequencyPenalty,
            PresencePenalty = PresencePenalty,
            Seed = Seed,
            MaxNewTokens = MaxTokens,
            StopStrings = StopSequences is { Count: > 0 } stops ? [.. stops] : null,
        };
        try
        {
            config.Validate();
            return config;
        }
        catch (InvalidGenerationConfigException e) when (e.Option is { } option)
        {
            // The caller knows top_p as TopP.
            throw new InvalidGenerationConfigException(
                $"{string.Concat(option.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]))} ({option})", e.Problem!);
        }
    }

    private void Set<T>(ref T field, T value)
    {
        ThrowIfFrozen();
        field = value;
    }
}
