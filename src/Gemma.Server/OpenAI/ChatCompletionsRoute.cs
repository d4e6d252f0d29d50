using Gemma.Server.Http;
using Microsoft.Extensions.AI;

namespace Gemma.Server.OpenAI;

/// <summary><c>POST /v1/chat/completions</c>, streamed or not, through the model's registered chat pipeline.</summary>
internal static class ChatCompletionsRoute
{
    public static void Map(GemmaRoutes routes) => routes.Post("/v1/chat/completions", RunAsync);

    private static async Task RunAsync(RequestContext request)
    {
        var chat = ChatRequestReader.Read(request.Body, request.Options);
        var model = request.FindModel(chat.Model);
        var answer = new ChatAnswer(model, model.Id, request.Now);
        var updates = request.Ask(model, chat.Messages, chat.Options);
        if (chat.Stream) await ChatStream.WriteAsync(request, chat, answer, updates).ConfigureAwait(false);
        else await AnswerAsync(request, chat, answer, updates).ConfigureAwait(false);
    }

    private static async Task AnswerAsync(RequestContext request, ChatRequest chat, ChatAnswer answer, IAsyncEnumerable<ChatResponseUpdate> updates)
    {
        var choices = new ChatChoices(chat.Choices, () => answer.Tokenizer);
        var usage = new UsageDetails();
        await foreach (var update in updates.ConfigureAwait(false))
        {
            choices.Find(update).Add(update);
            foreach (var content in update.Contents.OfType<UsageContent>()) usage.Add(content.Details);
        }

        await request.AnswerAsync(json =>
        {
            answer.WriteHeader(json, "chat.completion");
            json.WriteStartArray("choices");
            foreach (var choice in choices.All) choice.Write(json, answer, chat.TopLogProbabilities is not null);
            json.WriteEndArray();
            ChatAnswer.WriteUsage(json, usage);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }
}
