using System.Numerics.Tensors;

namespace Gemma.Runtime.Classification;

/// <summary>
/// Fits <see cref="ClassificationOptions.Temperature"/> on labelled texts. Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2.
/// </summary>
public static class TemperatureCalibration
{
    private const double LogRange = 5;
    private const int Iterations = 60;

    /// <summary>The temperature under which the right labels are most likely (softmax).</summary>
    /// <param name="results">Results of held-out texts, from any temperature: their raw logits count.</param>
    /// <param name="labels">The right label of each.</param>
    /// <returns>The temperature, between e^-5 and e^5.</returns>
    /// <exception cref="ArgumentException">The counts differ or there is no text.</exception>
    /// <exception cref="UnknownLabelException">A label is not the classifier's.</exception>
    public static float Fit(IReadOnlyList<ClassificationResult> results, IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(results);
        ArgumentNullException.ThrowIfNull(labels);
        if (results.Count != labels.Count || results.Count == 0)
            throw new ArgumentException($"There are {results.Count} results for {labels.Count} labels; one label per result is needed.", nameof(labels));
        var texts = results.Zip(labels,
            static (result, label) => (Logits: result.Scores.Select(score => score.Logit).ToArray(), Target: IndexOf(result, label))).ToArray();

        // The loss is convex in 1 / T, so it has one minimum in log T: golden-section search finds it.
        var golden = (Math.Sqrt(5) - 1) / 2;
        var (low, high) = (-LogRange, LogRange);
        for (var i = 0; i < Iterations; i++)
        {
            var (left, right) = (high - (golden * (high - low)), low + (golden * (high - low)));
            if (Loss(left) < Loss(right)) high = right;
            else low = left;
        }

        return (float)Math.Exp((low + high) / 2);

        double Loss(double logTemperature)
        {
            var inverse = (float)Math.Exp(-logTemperature);
            var loss = 0.0;
            foreach (var (logits, target) in texts)
            {
                var maximum = TensorPrimitives.Max<float>(logits);
                var sum = 0.0;
                foreach (var logit in logits) sum += Math.Exp((logit - maximum) * inverse);
                loss += Math.Log(sum) - ((logits[target] - maximum) * inverse);
            }

            return loss;
        }
    }

    private static int IndexOf(ClassificationResult result, string label)
    {
        for (var i = 0; i < result.Scores.Count; i++)
        {
            if (result.Scores[i].Label == label) return i;
        }

        throw new UnknownLabelException(label, [.. result.Scores.Select(score => score.Label)]);
    }
}
