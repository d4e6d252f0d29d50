using Gemma.Runtime.Classification;
using Gemma.Runtime.Embeddings;
using Gemma.Runtime.Inputs;
using Gemma.Server.Errors;
using Microsoft.Extensions.AI;

namespace Gemma.Server.Catalog;

/// <summary>Vectors of texts through a model's registered generator, and of ids through the model's own.</summary>
internal static class ModelEmbeddings
{
    public static async Task<(IReadOnlyList<ReadOnlyMemory<float>> Vectors, long Tokens)> ReadAsync(ServedModel model, IReadOnlyList<string> texts,
        EmbeddingTerms terms, CancellationToken cancellationToken)
    {
        if (texts.Count == 0) return ([], 0);
        await CheckAsync(model, terms, cancellationToken).ConfigureAwait(false);
        var embeddings = await model.Embeddings.GenerateAsync(texts, Options(terms), cancellationToken).ConfigureAwait(false);
        return ([.. embeddings.Select(embedding => embedding.Vector)], embeddings.Usage?.InputTokenCount ?? 0);
    }

    public static async Task<(IReadOnlyList<ReadOnlyMemory<float>> Vectors, long Tokens)> ReadAsync(ServedModel model,
        IReadOnlyList<(string? Text, int[]? Ids)> inputs, EmbeddingTerms terms, CancellationToken cancellationToken)
    {
        if (inputs.All(input => input.Text is not null))
            return await ReadAsync(model, [.. inputs.Select(input => input.Text!)], terms, cancellationToken).ConfigureAwait(false);
        if (model.Embeddings.GetService<GemmaEmbeddingGenerator>() is not { } own)
            throw ApiException.Invalid("input", "Token ids are not supported by this model: send texts.", "unsupported_parameter");
        await CheckAsync(model, terms, cancellationToken).ConfigureAwait(false);
        List<ReadOnlyMemory<float>> vectors = [];
        var tokens = 0L;
        var items = inputs.Select(input => input.Ids is { } ids ? ClassificationInput.FromTokens(ids) : ClassificationInput.FromText(input.Text!))
            .ToAsyncEnumerable();
        await foreach (var (vector, count) in own.ReadAsync(items, Options(terms), cancellationToken).ConfigureAwait(false))
        {
            vectors.Add(vector);
            tokens += count;
        }

        return (vectors, tokens);
    }

    // An application's own generator knows for itself what it can do.
    private static async Task CheckAsync(ServedModel model, EmbeddingTerms terms, CancellationToken cancellationToken)
    {
        if (model.Embeddings.GetService<GemmaEmbeddingGenerator>() is not { } own) return;
        using var lease = await model.Source.AcquireAsync(cancellationToken).ConfigureAwait(false);
        if (!new ModelDetails(lease.Model).CanEmbed)
            throw ApiException.Invalid("model", $"'{model.Id}' only classifies and gives no embeddings: use /v1/classify, or a model that embeds.");
        var width = own.Width(lease.Model);
        if (terms.Dimensions > width)
            throw ApiException.Invalid("dimensions", $"'dimensions' is {terms.Dimensions}, but the model's vectors have {width} numbers.");
    }

    private static EmbeddingGenerationOptions Options(EmbeddingTerms terms)
    {
        var options = new EmbeddingGenerationOptions { Dimensions = terms.Dimensions };
        if (terms.PromptName is { } prompt) options.AdditionalProperties = new AdditionalPropertiesDictionary { ["prompt_name"] = prompt };
        if (terms.Truncate || terms.Normalize is not null)
        {
            options.RawRepresentationFactory = generator => generator is GemmaEmbeddingGenerator { Options: var setup }
                ? setup with { Truncate = terms.Truncate || setup.Truncate, Normalize = terms.Normalize ?? setup.Normalize }
                : null;
        }

        return options;
    }
}
