using System.Buffers.Binary;
using System.Text.Json;
using Gemma.Server.Catalog;
using Gemma.Server.Http;

namespace Gemma.Server.OpenAI;

/// <summary><c>POST /v1/embeddings</c>: vectors as numbers or as base64 of little-endian floats.</summary>
internal static class EmbeddingsRoute
{
    public static void Map(GemmaRoutes routes) => routes.Post("/v1/embeddings", RunAsync);

    private static async Task RunAsync(RequestContext request)
    {
        request.InputField = "input";
        var body = request.Body;
        var model = request.FindModel(body.Text("model"));
        var base64 = body.Text("encoding_format") switch
        {
            null or "float" => false,
            "base64" => true,
            _ => throw body.Wrong("encoding_format", "float or base64"),
        };
        var dimensions = body.Integer("dimensions", 1, 1 << 20);
        var inputs = PromptReader.Read(body, "input", request.Options.MaxInputs);
        var terms = new EmbeddingTerms { Dimensions = dimensions, Truncate = body.Flag("truncate") ?? false };
        var (vectors, tokens) = await ModelEmbeddings.ReadAsync(model, inputs, terms, request.CancellationToken).ConfigureAwait(false);
        request.Count(tokens);
        await request.AnswerAsync(json => Write(json, model.Id, vectors, tokens, base64)).ConfigureAwait(false);
    }

    private static void Write(Utf8JsonWriter json, string model, IReadOnlyList<ReadOnlyMemory<float>> vectors, long tokens, bool base64)
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        for (var i = 0; i < vectors.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("object", "embedding");
            json.WriteNumber("index", i);
            if (base64) json.WriteBase64String("embedding", Bytes(vectors[i].Span));
            else WriteNumbers(json, vectors[i].Span);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("model", model);
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", tokens);
        json.WriteNumber("total_tokens", tokens);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, ReadOnlySpan<float> vector)
    {
        json.WriteStartArray("embedding");
        foreach (var value in vector) json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private static byte[] Bytes(ReadOnlySpan<float> vector)
    {
        var bytes = new byte[vector.Length * sizeof(float)];
        for (var i = 0; i < vector.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), vector[i]);
        return bytes;
    }
}
