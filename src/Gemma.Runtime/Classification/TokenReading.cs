using Gemma.Runtime.Generation.Pooling;
using Gemma.Runtime.Inputs;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Classification;

/// <summary>Reads a text and applies a token head to every token's state.</summary>
internal sealed class TokenReading(ClassificationHead head, LabelScorer scorer, EncodedText text, Func<int, string?> piece, CancellationToken cancellationToken)
    : PoolingRequest<TokenClassificationResult>(text.Ids, cancellationToken)
{
    private readonly TokenLabel[] _tokens = new TokenLabel[text.Ids.Length];

    public override void Accept(int position, ReadOnlySpan<float> states)
    {
        var logits = new float[head.Labels.Count];
        for (var row = 0; row < states.Length / head.HiddenSize; row++)
        {
            head.Compute(states.Slice(row * head.HiddenSize, head.HiddenSize), logits);
            var id = text.Ids[position + row];
            _tokens[position + row] = new TokenLabel(id, piece(id), scorer.Score(logits, 1, text.IsTruncated));
        }
    }

    protected override TokenClassificationResult ToResult() => new(_tokens, text.IsTruncated);
}
