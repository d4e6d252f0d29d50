using Gemma.Server.Errors;
using Gemma.Server.Http;
using Gemma.Server.OpenAI;
using Microsoft.Extensions.AI;

namespace Gemma.Server.Responses;

/// <summary>
/// A request of the Responses API, read and checked. What would need a memory of earlier answers, or tools that the server runs, is refused by name.
/// </summary>
internal sealed record ResponseRequest
{
    private static readonly string[] Stateful = ["previous_response_id", "conversation", "prompt"];

    public required BodyObject Body { get; init; }

    public required string? Model { get; init; }

    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    public required ChatOptions Options { get; init; }

    public bool Stream { get; init; }

    public static ResponseRequest Read(BodyObject body)
    {
        foreach (var name in Stateful)
        {
            if (body.Has(name))
            {
                throw ApiException.Invalid(name, $"'{name}' is not supported: nothing is kept between requests, send the whole conversation as 'input'.",
                    "unsupported_parameter");
            }
        }

        if (body.Flag("background") == true)
            throw ApiException.Invalid("background", "'background' is not supported: nothing is kept between requests.", "unsupported_parameter");
        if ((body.Texts("include") ?? []).Contains("message.output_text.logprobs") || body.Integer("top_logprobs", 0, 20) > 0)
            throw ApiException.Invalid("top_logprobs", "Log-probabilities are not supported here: POST /v1/chat/completions has them.",
                "unsupported_parameter");
        var options = new ChatOptions
        {
            MaxOutputTokens = body.Integer("max_output_tokens", 1, int.MaxValue),
            ResponseFormat = ResponseFormatReader.Read(body.Object("text")?.Object("format"), isFlat: true),
        };
        Sampling.Read(body).ApplyTo(options);
        ToolReader.Read(body, options, isFlat: true);
        return new ResponseRequest
        {
            Body = body,
            Model = body.Text("model"),
            Messages = ResponseInputReader.Read(body),
            Options = options,
            Stream = body.Flag("stream") ?? false,
        };
    }
}
