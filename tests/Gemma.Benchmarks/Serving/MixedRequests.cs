using System.Globalization;
using System.Text.Json;
using Gemma.Runtime;
using Gemma.Runtime.Classification;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.Benchmarks.Serving;

/// <summary>Makes the requests of the mixed test; an answer is a text that two equal results share.</summary>
internal sealed class MixedRequests(IServiceProvider services)
{
    private static readonly string[] Texts =
    [
        "Hello!", "What is the capital of France?", "What is the weather in Paris?", "Put this list in reverse order: Cologne, Seville, Venice",
        "The food was terrible and the waiter was rude.",
        "Tell me a joke.", "How many legs has a spider?", "I want to return my shoes.",
    ];

    private static readonly AIFunctionDeclaration Weather = AIFunctionFactory.CreateDeclaration("get_weather", "Gets the weather of a city.",
        JsonElement.Parse("""{"type":"object","properties":{"city":{"type":"string","maxLength":12}},"required":["city"]}"""));

    private readonly IChatClient _chat = services.GetRequiredService<IChatClient>();
    private readonly ISequenceClassifier _classifier = services.GetRequiredKeyedService<ISequenceClassifier>("topics");
    private readonly IEmbeddingGenerator<string, Embedding<float>> _embeddings = services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
    private readonly IGemmaModelSource _models = services.GetRequiredService<IGemmaModelSource>();

    /// <summary>Runs one.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="variant">Which text.</param>
    /// <param name="delay">How long a reader takes for a piece of a stream.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task<string> RunAsync(MixedKind kind, int variant, TimeSpan delay, CancellationToken cancellationToken)
    {
        var text = Texts[variant % Texts.Length];
        return kind switch
        {
            MixedKind.Chat => await ChatAsync(text, new ChatOptions { MaxOutputTokens = 16 }, delay, cancellationToken),
            MixedKind.Tool =>
                await ChatAsync(text, new ChatOptions
                {
                    MaxOutputTokens = 60,
                    Tools = [Weather],
                    ToolMode = ChatToolMode.RequireAny,
                }, delay, cancellationToken),
            MixedKind.Schema =>
                await ChatAsync(text, new ChatOptions
                {
                    MaxOutputTokens = 60,
                    ResponseFormat = ChatResponseFormat.ForJsonSchema(Schema(variant)),
                }, delay, cancellationToken),
            MixedKind.Classify =>
                Numbers((await _classifier.ClassifyAsync([text, text + text, "a"], null, cancellationToken))
                    .SelectMany(result => result.Scores.Select(score => score.Score))),
            MixedKind.Embed =>
                Numbers((await _embeddings.GenerateAsync([text, "a"], null, cancellationToken)).SelectMany(embedding => embedding.Vector.ToArray())),
            _ => await ScoreAsync(text, cancellationToken),
        };
    }

    private static JsonElement Schema(int variant) =>
        JsonElement.Parse(
            $$$"""{"type":"object","properties":{"answer{{{variant}}}":{"type":"string","maxLength":12},"sure":{"type":"boolean"}},"required":["answer{{{variant}}}","sure"]}""");

    private static string Numbers(IEnumerable<float> numbers) => string.Join(' ', numbers.Select(number => number.ToString("R", CultureInfo.InvariantCulture)));

    private async Task<string> ChatAsync(string text, ChatOptions options, TimeSpan delay, CancellationToken cancellationToken)
    {
        options.AdditionalProperties = new AdditionalPropertiesDictionary { ["do_sample"] = false };
        List<ChatResponseUpdate> updates = [];
        await foreach (var update in _chat.GetStreamingResponseAsync([new ChatMessage(ChatRole.User, text)], options, cancellationToken))
        {
            updates.Add(update);
            if (delay > TimeSpan.Zero) await Task.Delay(delay, cancellationToken);
        }

        var response = updates.ToChatResponse();
        var calls = response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>()
            .Select(call => $"{call.Name} {JsonSerializer.Serialize(call.Arguments?.ToDictionary(pair => pair.Key, pair => pair.Value?.ToString()))}");
        return $"{response.Text} {string.Join(' ', calls)} {response.FinishReason}";
    }

    private async Task<string> ScoreAsync(string text, CancellationToken cancellationToken)
    {
        using var lease = await _models.AcquireAsync(cancellationToken);
        var score = await lease.Model.ScoreAsync(lease.Model.Tokenizer!.Encode(text, addSpecialTokens: true, recognizeControlTokens: false), null,
            cancellationToken);
        return Numbers(score.LogProbabilities.OfType<float>());
    }
}
