using Gemma.Server.Errors;
using Gemma.Server.Http;

namespace Gemma.Server.Heads;

/// <summary><c>POST /v1/score</c> in vLLM's shape: one text against many, or many against as many.</summary>
internal static class ScoreRoute
{
    public static void Map(GemmaRoutes routes)
    {
        routes.Post("/v1/score", RunAsync);
        routes.Post("/score", RunAsync);
    }

    private static async Task RunAsync(RequestContext request)
    {
        var body = request.Body;
        var (firstName, secondName) = body.Has("queries") ? ("queries", "documents") : ("text_1", "text_2");
        request.InputField = secondName;
        var first = body.Texts(firstName) ?? throw body.Wrong(firstName, "a text or a list of texts");
        var second = body.Texts(secondName) ?? throw body.Wrong(secondName, "a text or a list of texts");
        if (first.Count == 0 || second.Count == 0) throw ApiException.Invalid(first.Count == 0 ? firstName : secondName, "An empty list cannot be scored.");
        if (first.Count != 1 && first.Count != second.Count)
            throw ApiException.Invalid(firstName, $"'{firstName}' has {first.Count} texts and '{secondName}' {second.Count}: send one, or as many.");
        if (second.Count > request.Options.MaxInputs)
            throw ApiException.Invalid(secondName, $"'{secondName}' has {second.Count} items, but at most {request.Options.MaxInputs} are allowed.");
        var head = HeadRequest.Create(request, body.Text("model"));
        var (scores, tokens) = await head.ScoreAsync(second.Select((text, index) => (first[first.Count == 1 ? 0 : index], text)), request.CancellationToken)
            .ConfigureAwait(false);
        request.Count(tokens);
        await request.AnswerAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("id", $"score-{Guid.NewGuid():N}");
            json.WriteString("object", "list");
            json.WriteNumber("created", request.Now);
            json.WriteString("model", head.Model);
            json.WriteStartArray("data");
            for (var i = 0; i < scores.Length; i++)
            {
                json.WriteStartObject();
                json.WriteNumber("index", i);
                json.WriteString("object", "score");
                json.WriteNumber("score", scores[i].Score);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            UsageJson.Write(json, tokens);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }
}
