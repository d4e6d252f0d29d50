using System.Numerics.Tensors;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Classification;

/// <summary>Turns logits into scores and given labels. Source: transformers, <c>pipelines/text_classification.py</c>.</summary>
internal sealed class LabelScorer
{
    private readonly ClassificationOptions _options;
    private readonly IReadOnlyList<string> _labels;
    private readonly ClassificationFunction _function;

    public LabelScorer(IReadOnlyList<string> labels, ClassificationProblem problem, ClassificationOptions options)
    {
        _labels = labels;
        _options = options;
        _function = options.Function ?? problem switch
        {
            ClassificationProblem.Regression => ClassificationFunction.None,
            ClassificationProblem.MultiLabel => ClassificationFunction.Sigmoid,
            _ => labels.Count == 1 ? ClassificationFunction.Sigmoid : ClassificationFunction.Softmax,
        };
    }

    /// <summary>The result for logits.</summary>
    /// <param name="logits">[labels].</param>
    /// <param name="tokenCount">Tokens that were read.</param>
    /// <param name="isTruncated">Whether the text was cut.</param>
    /// <exception cref="EngineException">A logit is NaN or infinite.</exception>
    public ClassificationResult Score(ReadOnlySpan<float> logits, int tokenCount, bool isTruncated)
    {
        if (!TensorPrimitives.IsFiniteAll(logits))
        {
            throw new EngineException(
                "The model computed NaN or infinite logits: its weights are damaged, or float16 overflowed; convert the checkpoint to fp32 or int8.");
        }
        Span<float> scores = logits.Length <= 256 ? stackalloc float[logits.Length] : new float[logits.Length];
        Apply(logits, scores);
        var result = new LabelScore[logits.Length];
        for (var i = 0; i < result.Length; i++) result[i] = new LabelScore(_labels[i], scores[i], logits[i]);
        return new ClassificationResult(result) { TokenCount = tokenCount, IsTruncated = isTruncated, SelectedLabels = Select(result) };
    }

    private void Apply(ReadOnlySpan<float> logits, Span<float> scores)
    {
        if (_function == ClassificationFunction.None)
        {
            logits.CopyTo(scores);
            return;
        }

        TensorPrimitives.Divide(logits, _options.Temperature, scores);
        if (_function == ClassificationFunction.Sigmoid)
        {
            TensorPrimitives.Sigmoid<float>(scores, scores);
            return;
        }

        // Shifted by the maximum, so that no exponential overflows.
        TensorPrimitives.Subtract(scores, TensorPrimitives.Max<float>(scores), scores);
        TensorPrimitives.SoftMax<float>(scores, scores);
    }

    private string[] Select(LabelScore[] scores) => _function == ClassificationFunction.Softmax
        ? ClassificationResult.BestOf(scores) is var best && IsGiven(best, float.NegativeInfinity) ? [best.Label] : []
        : [.. scores.Where(score => IsGiven(score, _function == ClassificationFunction.Sigmoid ? _options.Threshold : float.PositiveInfinity))
            .Select(score => score.Label)];

    private bool IsGiven(LabelScore score, float defaultThreshold) => score.Score >= _options.Thresholds.GetValueOrDefault(score.Label, defaultThreshold);
}
