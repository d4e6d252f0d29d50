using Gemma.Server.Http;
using Gemma.Server.Streaming;

namespace Gemma.Server.Responses;

/// <summary><c>POST /v1/responses</c>, streamed or not. Stateless: the client sends the whole conversation, nothing is kept.</summary>
internal static class ResponsesRoute
{
    public static void Map(GemmaRoutes routes) => routes.Post("/v1/responses", RunAsync);

    private static async Task RunAsync(RequestContext request)
    {
        (request.InputField, request.FormatField) = ("input", "text.format");
        var asked = ResponseRequest.Read(request.Body);
        var model = request.FindModel(asked.Model);
        var updates = request.Ask(model, asked.Messages, asked.Options);
        var answer = new ResponseAnswer(asked, model.Id, request.Now);
        if (asked.Stream)
        {
            var events = new EventStream(request);
            var stream = new ResponseEvents(answer, events);
            await events.RunAsync(() => stream.RunAsync(events.ReadAsync(updates)), stream.FailAsync).ConfigureAwait(false);
        }
        else
        {
            await foreach (var update in updates.ConfigureAwait(false))
            {
                answer.Note(update);
                foreach (var content in update.Contents) answer.Add(content);
            }

            await request.AnswerAsync(json => answer.Write(json, answer.Status)).ConfigureAwait(false);
        }
    }
}
