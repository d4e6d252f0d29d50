using System.Text.Json;
using Gemma.Runtime;
using Gemma.Runtime.Inputs;
using Gemma.Server.Errors;
using Gemma.Server.Http;
using Gemma.Server.OpenAI;
using Gemma.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma.Server.Tokenization;

/// <summary><c>POST /tokenize</c> and <c>/detokenize</c> in vLLM's and llama.cpp's shapes; the fields' names decide which.</summary>
internal static class TokenizeRoutes
{
    public static void Map(GemmaRoutes routes)
    {
        routes.Post("/tokenize", TokenizeAsync);
        routes.Post("/detokenize", DetokenizeAsync);
    }

    private static async Task TokenizeAsync(RequestContext request)
    {
        var body = request.Body;
        var model = request.FindModel(body.Text("model"));
        using var lease = await model.Source.AcquireAsync(request.CancellationToken).ConfigureAwait(false);
        var tokenizer = Tokenizer(lease.Model);
        var isLlama = body.Has("content");
        var ids = body.Has("messages") ? Render(request, lease.Model) : tokenizer.Encode(
            body.RequiredText(isLlama ? "content" : "prompt"),
            addSpecialTokens: body.Flag(isLlama ? "add_special" : "add_special_tokens") ?? !isLlama,
            recognizeControlTokens: true);
        var withPieces = body.Flag(isLlama ? "with_pieces" : "return_token_strs") ?? false;
        await request.AnswerAsync(json =>
        {
            json.WriteStartObject();
            if (!isLlama)
            {
                json.WriteNumber("count", ids.Length);
                json.WriteNumber("max_model_len", lease.Model.ContextLength);
            }

            json.WriteStartArray("tokens");
            foreach (var id in ids) WriteToken(json, tokenizer, id, isLlama && withPieces);
            json.WriteEndArray();
            if (!isLlama && withPieces) WritePieces(json, tokenizer, ids);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static async Task DetokenizeAsync(RequestContext request)
    {
        var body = request.Body;
        var model = request.FindModel(body.Text("model"));
        using var lease = await model.Source.AcquireAsync(request.CancellationToken).ConfigureAwait(false);
        if (body.Find("tokens") is not { ValueKind: JsonValueKind.Array } list) throw body.Wrong("tokens", "a list of token ids");
        int[] ids = [.. list.EnumerateArray()
            .Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var id) && id >= 0 && id < lease.Model.Package.VocabSize
            ? id
            : throw ApiException.Invalid("tokens", "'tokens' has something that is no id of this vocabulary."))];
        var text = Tokenizer(lease.Model).Decode(ids, skipSpecialTokens: false);
        await request.AnswerAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("prompt", text);
            json.WriteString("content", text);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    // The prompt of a chat with these messages and functions.
    private static int[] Render(RequestContext request, GemmaModel model)
    {
        var messages = ChatMessageReader.Read(request.Body);
        var options = new ChatOptions();
        ToolReader.Read(request.Body, options);
        AIFunctionDeclaration[] functions = [.. (options.Tools ?? []).OfType<AIFunctionDeclaration>()];
        var template = new ChatTemplateOptions
        {
            AddGenerationPrompt = request.Body.Flag("add_generation_prompt") ?? true,
            ContinueFinalMessage = request.Body.Flag(Continuation.Property) ?? false,
        };
        var turns = ChatPrompt.Create(messages, null, functions, model.UnreadableContent, model.ToolFormat);
        return ChatPrompt.Encode(model, turns, template, functions, request.CancellationToken);
    }

    private static GemmaTokenizer Tokenizer(GemmaModel model) =>
        model.Tokenizer ?? throw ApiException.Invalid("model", $"'{model.ModelId}' has no tokenizer files.");

    private static void WriteToken(Utf8JsonWriter json, GemmaTokenizer tokenizer, int id, bool withPiece)
    {
        if (!withPiece)
        {
            json.WriteNumberValue(id);
            return;
        }

        json.WriteStartObject();
        json.WriteNumber("id", id);
        json.WriteString("piece", TokenJson.Text(tokenizer, id));
        json.WriteEndObject();
    }

    private static void WritePieces(Utf8JsonWriter json, GemmaTokenizer tokenizer, int[] ids)
    {
        json.WriteStartArray("token_strs");
        foreach (var id in ids) json.WriteStringValue(TokenJson.Text(tokenizer, id));
        json.WriteEndArray();
    }
}
