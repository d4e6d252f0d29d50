using System.Runtime.CompilerServices;
using System.Text.Json;
using Gemma.Runtime.Generation;
using Gemma.Server.Catalog;
using Gemma.Server.Errors;
using Gemma.Server.Http;
using Microsoft.Extensions.AI;

namespace Gemma.Server.Ollama;

/// <summary>
/// <c>POST /api/generate</c>: a prompt as one turn of the user; with <c>raw</c> as it stands, control tokens included; with <c>suffix</c> what belongs between
/// the two.
/// Without a prompt it only sees that the model is loaded.
/// </summary>
internal static class OllamaGenerateRoute
{
    private static readonly string[] Refused = ["template", "context"];

    public static async Task RunAsync(RequestContext request)
    {
        var body = request.Body;
        var name = body.RequiredText("model");
        var model = request.FindModelByTag(name);
        OllamaMessageReader.RefuseImages(body);
        foreach (var field in Refused)
        {
            if (body.Find(field) is { } value && !IsEmpty(value))
                throw ApiException.Invalid(field, $"'{field}' is not supported: send 'system', or whole conversations to /api/chat.", "unsupported_parameter");
        }

        var answer = new OllamaAnswer(request, name, isChat: false);
        var prompt = body.Text("prompt") ?? string.Empty;
        var suffix = body.Text("suffix") ?? string.Empty;
        if (prompt.Length + suffix.Length == 0)
        {
            await model.Source.GetModelAsync(request.CancellationToken).ConfigureAwait(false);
            await answer.LoadedAsync().ConfigureAwait(false);
            return;
        }

        var isRaw = suffix.Length > 0 || body.Flag("raw") == true;
        var updates = isRaw
            ? RawAsync(request, model, prompt, suffix, request.CancellationToken)
            : request.Ask(model, Messages(body, prompt), OllamaRequest.Options(body));
        await answer.RunAsync(updates, OllamaRequest.Stream(body)).ConfigureAwait(false);
    }

    private static IEnumerable<ChatMessage> Messages(BodyObject body, string prompt)
    {
        if (body.Text("system") is { Length: > 0 } system) yield return new ChatMessage(ChatRole.System, system);
        yield return new ChatMessage(ChatRole.User, prompt);
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> RawAsync(RequestContext request, ServedModel model, string prompt, string suffix,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (request.Body.Has("format")) throw ApiException.Invalid("format", "'format' does not go together with 'raw' or 'suffix'.", "unsupported_parameter");
        using var lease = await model.Source.AcquireAsync(cancellationToken).ConfigureAwait(false);
        var tokenizer = lease.Model.Tokenizer ?? throw ApiException.Invalid("model", "This model has no tokenizer files.");
        var generation = new GenerationRequest
        {
            Config = OllamaRequest.Sampling(request.Body).ToConfig() with { MaxNewTokens = OllamaRequest.MaxTokens(request.Body) },
        };
        var updates = suffix.Length > 0
            ? lease.Model.FillInMiddleAsync(prompt, suffix, generation, cancellationToken)
            : lease.Model.GenerateAsync(tokenizer.Encode(prompt, addSpecialTokens: true, recognizeControlTokens: true), generation, cancellationToken);
        await foreach (var update in updates.ConfigureAwait(false))
        {
            if (update.Summary is { } summary) request.Count(summary.InputTokens, summary.OutputTokens);
            yield return new ChatResponseUpdate(ChatRole.Assistant, WholeCharacters.Of(update)) { RawRepresentation = update };
        }
    }

    private static bool IsEmpty(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString() is "" : value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0;
}
