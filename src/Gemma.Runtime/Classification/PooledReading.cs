using Gemma.Runtime.Generation.Pooling;
using Gemma.Runtime.Inputs;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Classification;

/// <summary>
/// Reads a text up to the pooled token and applies a sequence head to that token's state. Later tokens cannot change it, so they are not computed, unless
/// attention goes both ways.
/// </summary>
internal sealed class PooledReading(ClassificationHead head, LabelScorer scorer, EncodedText text, bool isCausal, CancellationToken cancellationToken)
    : PoolingRequest<ClassificationResult>(isCausal ? text.Ids.AsMemory(0, head.PooledIndex(text.Ids) + 1) : text.Ids, cancellationToken)
{
    private ClassificationResult? _result;

    public override void Accept(int position, ReadOnlySpan<float> states)
    {
        var row = (isCausal ? Tokens.Length - 1 : head.PooledIndex(text.Ids)) - position;
        if (row < 0 || row >= states.Length / head.HiddenSize) return;
        Span<float> logits = head.Labels.Count <= 256 ? stackalloc float[head.Labels.Count] : new float[head.Labels.Count];
        head.Compute(states.Slice(row * head.HiddenSize, head.HiddenSize), logits);
        _result = scorer.Score(logits, text.Ids.Length, text.IsTruncated);
    }

    protected override ClassificationResult ToResult() => _result!;
}
