using Gemma.Runtime.Classification;
using Gemma.Runtime.Inputs;
using Gemma.Server.Errors;
using Gemma.Server.Http;
using Gemma.Tokenization;

namespace Gemma.Server.Heads;

/// <summary>The classifier that a request names, and what all routes of heads take: truncation and raw values.</summary>
internal sealed record HeadRequest(ISequenceClassifier Classifier, string Model, ClassificationOptions Options)
{
    private const int MaxTokens = 1 << 20;

    public static HeadRequest Create(RequestContext request, string? name)
    {
        var (model, head) = request.FindHead(name);
        var body = request.Body;
        // -1 is the model's own limit, which holds without it.
        var length = body.Integer("truncate_prompt_tokens", -1, MaxTokens) is { } asked and not -1 ? asked : body.Integer("max_tokens_per_doc", 1, MaxTokens);
        if (length == 0) throw body.Wrong("truncate_prompt_tokens", "-1, or a number of tokens above 0");
        var options = new ClassificationOptions
        {
            MaxLength = length,
            TruncationSide = length is not null || body.Flag("truncate") == true ? Side(body) : null,
            Function = body.Flag("use_activation") == false || body.Flag("raw_scores") == true ? ClassificationFunction.None : null,
        };
        return new HeadRequest(model.Classifier(head), head is null ? model.Id : $"{model.Id}/{head}", options);
    }

    // The side that is cut away.
    private static TokenizerSide Side(BodyObject body) => body.Text("truncation_direction")?.ToLowerInvariant() switch
    {
        null or "right" => TokenizerSide.Right,
        "left" => TokenizerSide.Left,
        _ => throw body.Wrong("truncation_direction", "left or right"),
    };

    /// <summary>Scores pairs by a head with one label, which is what reranking and scoring need.</summary>
    /// <exception cref="ApiException">The head has several labels.</exception>
    public async Task<(LabelScore[] Scores, long Tokens)> ScoreAsync(IEnumerable<(string First, string Second)> pairs, CancellationToken cancellationToken)
    {
        var results = await Classifier.ClassifyAsync(pairs.Select(pair => ClassificationInput.FromPair(pair.First, pair.Second)), Options, cancellationToken)
            .ConfigureAwait(false);
        if (results.Count > 0 && results[0].Scores.Count != 1)
            throw ApiException.Invalid("model", $"'{Model}' has several labels; scores and ranks need a head with one.");
        return ([.. results.Select(result => result.Best)], results.Usage.InputTokenCount ?? 0);
    }
}
