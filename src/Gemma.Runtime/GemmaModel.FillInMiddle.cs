using Gemma.Runtime.Generation;
using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts;

namespace Gemma.Runtime;

public sealed partial class GemmaModel
{
    /// <summary>Writes what stands between two texts, for models such as CodeGemma that were trained for it.</summary>
    /// <param name="prefix">What stands before the gap; control tokens in it stay text.</param>
    /// <param name="suffix">What stands behind it.</param>
    /// <param name="request">How to choose tokens and when to stop, or null for the model's defaults; the tokens that end a file end the answer too, unless the
    /// request has stop tokens of its own.</param>
    /// <param name="cancellationToken">Ends the generation.</param>
    /// <returns>One update per token, and a last one with the summary.</returns>
    /// <exception cref="NotSupportedException">The model has no tokenizer, or one without the tokens for it.</exception>
    /// <exception cref="GemmaContextLengthException">The texts and the requested tokens do not fit the context.</exception>
    public IAsyncEnumerable<GenerationUpdate> FillInMiddleAsync(string prefix, string suffix, GenerationRequest? request = null,
        CancellationToken cancellationToken = default)
    {
        var tokenizer = Tokenizer ?? throw new NotSupportedException($"'{ModelId}' has no tokenizer files: it takes token ids only.");
        request ??= new GenerationRequest();
        var config = request.Config ?? new GenerationConfig();
        IReadOnlyList<int> stops = config.EosTokenId ?? [.. Package.EosTokenIds.Union(FillInMiddle.StopTokenIds(tokenizer))];
        return GenerateAsync(FillInMiddle.Encode(tokenizer, prefix, suffix), request with { Config = config with { EosTokenId = stops } }, cancellationToken);
    }
}
