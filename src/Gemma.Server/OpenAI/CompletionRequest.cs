using Gemma.Runtime.Generation;
using Gemma.Server.Errors;
using Gemma.Server.Http;

namespace Gemma.Server.OpenAI;

/// <summary>A text completion request, read and checked.</summary>
internal sealed record CompletionRequest
{
    private const int MaxAlternatives = 20;
    private const int MaxPrompts = 128;

    public required IReadOnlyList<(string? Text, int[]? Ids)> Prompts { get; init; }

    public required GenerationRequest Request { get; init; }

    /// <summary>What stands behind the gap that the model fills, or null to continue the prompt.</summary>
    public string? Suffix { get; init; }

    /// <summary>0 only reads the prompt, which <see cref="Echo"/> then reports.</summary>
    public int MaxTokens { get; init; }

    public int Choices { get; init; }

    public bool Echo { get; init; }

    public bool Stream { get; init; }

    public bool IncludeUsage { get; init; }

    public int? LogProbabilities { get; init; }

    public static CompletionRequest Read(BodyObject body, GemmaServerOptions options)
    {
        var choices = body.Integer("n", 1, options.MaxChoices) ?? 1;
        if (body.Integer("best_of", 1, int.MaxValue) is { } best && best != choices)
            throw ApiException.Invalid("best_of", "'best_of' other than 'n' is not supported.", "unsupported_parameter");
        var logProbabilities = body.Integer("logprobs", 0, MaxAlternatives);
        var echo = body.Flag("echo") ?? false;
        var maxTokens = body.Integer("max_tokens", echo ? 0 : 1, int.MaxValue) ?? 16;
        var stream = body.Flag("stream") ?? false;
        var prompts = PromptReader.Read(body, "prompt", MaxPrompts);
        var suffix = body.Text("suffix") is { Length: > 0 } text ? text : null;
        if (suffix is not null && (echo || prompts.Any(prompt => prompt.Text is null)))
            throw ApiException.Invalid("suffix", "'suffix' goes together with texts as prompts only, and not with 'echo'.", "unsupported_parameter");
        return new CompletionRequest
        {
            Prompts = prompts,
            Suffix = suffix,
            Request = new GenerationRequest
            {
                Alternatives = logProbabilities,
                RepeatsGreedySearch = true,
                Config = Sampling.Read(body).ToConfig() with { MaxNewTokens = Math.Max(1, maxTokens), NumReturnSequences = choices > 1 ? choices : null },
            },
            MaxTokens = maxTokens,
            Choices = choices,
            Echo = echo,
            Stream = stream,
            IncludeUsage = body.Object("stream_options")?.Flag("include_usage") ?? false,
            LogProbabilities = logProbabilities,
        };
    }
}
