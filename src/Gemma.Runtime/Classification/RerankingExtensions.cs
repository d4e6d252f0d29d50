using Gemma.Runtime.Inputs;

namespace Gemma.Runtime.Classification;

/// <summary>Reranking: a head with one label, trained on (query, document) pairs, as a cross-encoder.</summary>
public static class RerankingExtensions
{
    /// <summary>Orders documents by how well they answer a query.</summary>
    /// <param name="classifier">A classifier with one label.</param>
    /// <param name="query">The query.</param>
    /// <param name="documents">The documents.</param>
    /// <param name="top">How many to return, or null for all.</param>
    /// <param name="options">Options, or null; documents are usually cut, see <see cref="ClassificationOptions.TruncationSide"/>.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The documents, best first; equal ones in the input's order.</returns>
    /// <exception cref="ArgumentException">The classifier has several labels.</exception>
    public static async Task<IReadOnlyList<RankedDocument>> RerankAsync(this ISequenceClassifier classifier, string query, IEnumerable<string> documents,
        int? top = null, ClassificationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(documents);
        string[] list = [.. documents];
        var results = await classifier.ClassifyAsync(list.Select(document => ClassificationInput.FromPair(query, document)), options, cancellationToken)
            .ConfigureAwait(false);
        if (results.Count > 0 && results[0].Scores.Count != 1)
        {
            throw new ArgumentException(
                $"Reranking needs a head with one label, but this one has {string.Join(", ", results[0].Scores.Select(score => score.Label))}.",
                nameof(classifier));
        }

        // By logits: scores of what is certain are all 1.
        var ranked = results.Index().OrderByDescending(result => result.Item.Scores[0].Logit)
            .Select(result => new RankedDocument(result.Index, list[result.Index], result.Item.Scores[0].Score));
        return [.. top is { } count ? ranked.Take(count) : ranked];
    }
}
