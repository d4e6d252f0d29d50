using Gemma.Server.Http;
using Gemma.Server.OpenAI;

namespace Gemma.Server.Ollama;

/// <summary><c>POST /api/chat</c>, through the model's registered chat pipeline. Without messages it only sees that the model is loaded.</summary>
internal static class OllamaChatRoute
{
    public static async Task RunAsync(RequestContext request)
    {
        var body = request.Body;
        var name = body.RequiredText("model");
        var model = request.FindModelByTag(name);
        var answer = new OllamaAnswer(request, name, isChat: true);
        var messages = OllamaMessageReader.Read(body);
        if (messages.Count == 0)
        {
            await model.Source.GetModelAsync(request.CancellationToken).ConfigureAwait(false);
            await answer.LoadedAsync().ConfigureAwait(false);
            return;
        }

        var options = OllamaRequest.Options(body);
        if (Continuation.Fits(messages)) (options.AdditionalProperties ??= [])[Continuation.Property] = true;
        await answer.RunAsync(request.Ask(model, messages, options), OllamaRequest.Stream(body)).ConfigureAwait(false);
    }
}
