using System.Text.Json;
using Gemma.Runtime;
using Gemma.Server.Errors;
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
        request.InputField = "prompt";
        var completion = CompletionRequest.Read(request.Body, request.Options);
        var served = request.FindModel(request.Body.Text("model"));
        using var lease = await served.Source.AcquireAsync(request.CancellationToken).ConfigureAwait(false);
        var model = lease.Model;
        CheckRoom(completion, model);

        // If one prompt fails, so does the request: the others need not run on.
        using var together = CancellationTokenSource.CreateLinkedTokenSource(request.CancellationToken);
        PromptCompletion[] prompts = [.. completion.Prompts.Select(prompt => PromptReader.Encode(prompt, model))
            .Select((ids, index) => new PromptCompletion(completion, model, index, ids, together.Token))];
        var frame = new CompletionFrame(served.Id, request.Now);
        if (completion.Stream)
        {
            await AllAsync(prompts, prompt => prompt.EchoAsync(), together).ConfigureAwait(false);
            await StreamAsync(request, completion, prompts, frame).ConfigureAwait(false);
        }
        else
        {
            await AllAsync(prompts, CompleteAsync, together).ConfigureAwait(false);
            await AnswerAsync(request, completion, prompts, frame).ConfigureAwait(false);
        }
    }

    // What never has room, however few others there are, must not be told to try again.
    private static void CheckRoom(CompletionRequest completion, GemmaModel model)
    {
        var most = Math.Max(1, model.Scheduler.MaxQueueLength);
        var answers = completion.Choices * (completion.Stream ? 1 : completion.Prompts.Count);
        if (answers <= most) return;
        throw ApiException.Invalid(completion.Choices > 1 ? "n" : "prompt",
            $"The request asks for {answers} answers at once, but at most {most} can wait for the model: send fewer prompts, or a smaller 'n'.");
    }

    private static Task AllAsync(IEnumerable<PromptCompletion> prompts, Func<PromptCompletion, Task> run, CancellationTokenSource together) =>
        Task.WhenAll(prompts.Select(async prompt =>
        {
            try
            {
                await run(prompt).ConfigureAwait(false);
            }
            catch
            {
                await together.CancelAsync().ConfigureAwait(false);
                throw;
            }
        }));

    private static async Task CompleteAsync(PromptCompletion prompt)
    {
        await prompt.EchoAsync().ConfigureAwait(false);
        await foreach (var _ in prompt.RunAsync().ConfigureAwait(false))
        {
        }
    }

    private static Task AnswerAsync(RequestContext request, CompletionRequest completion, PromptCompletion[] prompts, CompletionFrame frame) =>
        request.AnswerAsync(json =>
        {
            frame.Begin(json);
            foreach (var choice in prompts.SelectMany(prompt => prompt.Choices)) choice.Write(json, completion.LogProbabilities is not null);
            CompletionFrame.End(json, Usage(request, prompts));
        });

    private static Task StreamAsync(RequestContext request, CompletionRequest completion, PromptCompletion[] prompts, CompletionFrame frame)
    {
        var events = new EventStream(request);
        return events.RunAsync(async () =>
        {
            foreach (var prompt in prompts)
            {
                await foreach (var choice in events.ReadAsync(prompt.RunAsync()).ConfigureAwait(false))
                {
                    await events.WriteAsync(json => WriteChunk(json, completion, frame, choice)).ConfigureAwait(false);
                    choice.Clear();
                }
            }

            var usage = Usage(request, prompts);
            if (completion.IncludeUsage) await events.WriteAsync(json => WriteUsage(json, frame, usage)).ConfigureAwait(false);
            await events.DoneAsync().ConfigureAwait(false);
        });
    }

    private static void WriteChunk(Utf8JsonWriter json, CompletionRequest completion, CompletionFrame frame, CompletionChoice choice)
    {
        frame.Begin(json);
        choice.Write(json, completion.LogProbabilities is not null);
        CompletionFrame.End(json, null);
    }

    private static void WriteUsage(Utf8JsonWriter json, CompletionFrame frame, UsageDetails usage)
    {
        frame.Begin(json);
        CompletionFrame.End(json, usage);
    }

    private static UsageDetails Usage(RequestContext request, PromptCompletion[] prompts)
    {
        var usage = new UsageDetails();
        foreach (var prompt in prompts) usage.Add(prompt.Usage);
        request.Count(usage.InputTokenCount, usage.OutputTokenCount);
        return usage;
    }
}
