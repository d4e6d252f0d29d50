using System.Text.Json;
using Gemma.Runtime;
using Gemma.Runtime.Generation;
using Gemma.Server.Http;
using Gemma.Server.Streaming;
using Microsoft.Extensions.AI;

namespace Gemma.Server.OpenAI;

/// <summary>
/// <c>POST /v1/completions</c>: raw prompts, as evaluators send them. <c>echo</c> with <c>max_tokens</c> 0 reads how likely the model finds the prompt.
/// </summary>
internal static class CompletionsRoute
{
    public static void Map(GemmaRoutes routes) => routes.Post("/v1/completions", RunAsync);

    private static async Task RunAsync(RequestContext request)
    {
        var completion = CompletionRequest.Read(request.Body, request.Options);
        var model = request.FindModel(request.Body.Text("model"));
        using var lease = await model.Source.AcquireAsync(request.CancellationToken).ConfigureAwait(false);
        var prompts = completion.Prompts.Select(prompt => PromptReader.Encode(prompt, lease.Model.Tokenizer)).ToArray();
        var frame = new CompletionFrame(model.Id, request.Now);
        if (completion.Stream) await StreamAsync(request, completion, lease.Model, prompts, frame).ConfigureAwait(false);
        else await AnswerAsync(request, completion, lease.Model, prompts, frame).ConfigureAwait(false);
    }

    private static async Task AnswerAsync(RequestContext request, CompletionRequest completion, GemmaModel model, int[][] prompts, CompletionFrame frame)
    {
        var usage = new UsageDetails();
        var choices = await Task.WhenAll(prompts.Select((ids, index) => CompleteAsync(request, completion, model, ids, index, usage))).ConfigureAwait(false);
        await request.AnswerAsync(json =>
        {
            frame.Begin(json);
            foreach (var choice in choices.SelectMany(list => list)) choice.Write(json, completion.LogProbabilities is not null);
            CompletionFrame.End(json, usage);
        }).ConfigureAwait(false);
    }

    private static async Task<CompletionChoice[]> CompleteAsync(RequestContext request, CompletionRequest completion, GemmaModel model, int[] ids, int index,
        UsageDetails usage)
    {
        var choices = Enumerable.Range(0, completion.Choices).Select(choice => new CompletionChoice((index * completion.Choices) + choice, model.Tokenizer))
            .ToArray();
        if (completion.Echo)
        {
            var score = completion.LogProbabilities is null
                ? null
                : await model.ScoreAsync(ids, cancellationToken: request.CancellationToken).ConfigureAwait(false);
            var text = completion.Prompts[index].Text ?? model.Tokenizer?.Decode(ids, skipSpecialTokens: false) ?? string.Empty;
            foreach (var choice in choices) choice.Echo(text, ids, score?.LogProbabilities);
        }

        if (completion.MaxTokens == 0)
        {
            lock (usage) usage.Add(new UsageDetails { InputTokenCount = ids.Length, TotalTokenCount = ids.Length });
            return choices;
        }

        await foreach (var update in Generate(request, completion, model, ids, index).ConfigureAwait(false))
        {
            choices[update.Sequence].Add(update);
            if (update.Summary is { } summary) lock (usage) usage.Add(Usage(summary, isFirst: update.Sequence == 0));
        }

        return choices;
    }

    private static async Task StreamAsync(RequestContext request, CompletionRequest completion, GemmaModel model, int[][] prompts, CompletionFrame frame)
    {
        var events = new EventStream(request);
        var usage = new UsageDetails();
        await events.RunAsync(async () =>
        {
            for (var index = 0; index < prompts.Length; index++)
            {
                await foreach (var update in events.ReadAsync(Generate(request, completion, model, prompts[index], index)).ConfigureAwait(false))
                {
                    var choice = new CompletionChoice((index * completion.Choices) + update.Sequence, model.Tokenizer);
                    choice.Add(update);
                    if (update.Summary is { } summary) usage.Add(Usage(summary, isFirst: update.Sequence == 0));
                    if (update.Text.Length > 0 || update.Summary is not null)
                        await events.WriteAsync(json => WriteChunk(json, completion, frame, choice, update)).ConfigureAwait(false);
                }
            }

            if (completion.IncludeUsage) await events.WriteAsync(json => WriteUsage(json, frame, usage)).ConfigureAwait(false);
            await events.DoneAsync().ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private static IAsyncEnumerable<GenerationUpdate> Generate(RequestContext request, CompletionRequest completion, GemmaModel model, int[] ids, int index) =>
        completion.Suffix is { } suffix
        ? model.FillInMiddleAsync(completion.Prompts[index].Text!, suffix, completion.Request, request.CancellationToken)
        : model.GenerateAsync(ids, completion.Request, request.CancellationToken);

    private static void WriteChunk(Utf8JsonWriter json, CompletionRequest completion, CompletionFrame frame, CompletionChoice choice, GenerationUpdate update)
    {
        frame.Begin(json);
        if (completion.LogProbabilities is not null || update.Summary is not null) choice.Write(json, completion.LogProbabilities is not null);
        else CompletionChoice.Write(json, choice.Index, update.Text, null, () => json.WriteNull("logprobs"));
        CompletionFrame.End(json, null);
    }

    private static void WriteUsage(Utf8JsonWriter json, CompletionFrame frame, UsageDetails usage)
    {
        frame.Begin(json);
        CompletionFrame.End(json, usage);
    }

    // Several answers have one prompt, which is counted once.
    private static UsageDetails Usage(GenerationSummary summary, bool isFirst) => new()
    {
        InputTokenCount = isFirst ? summary.InputTokens : 0,
        OutputTokenCount = summary.OutputTokens,
        TotalTokenCount = (isFirst ? summary.InputTokens : 0) + summary.OutputTokens,
        CachedInputTokenCount = isFirst ? summary.CachedInputTokens : 0,
    };
}
