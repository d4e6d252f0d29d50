using Gemma.Runtime.Classification;
using Gemma.Runtime.Inputs;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.Services;

namespace Gemma.SemanticKernel.Classification;

/// <summary>
/// Gives texts labels, as a service of a kernel. <c>kernel.GetRequiredService&lt;ISequenceClassificationService&gt;("topics")</c> is the head of that name.
/// </summary>
/// <remarks>Implementations are safe for concurrent use.</remarks>
public interface ISequenceClassificationService : IAIService
{
    /// <summary>Classifies texts.</summary>
    /// <param name="inputs">The texts; strings convert.</param>
    /// <param name="options">Truncation, thresholds and calibration, or null for the defaults.</param>
    /// <param name="kernel">The kernel the call belongs to, or null.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>One result per input, in order.</returns>
    Task<ClassificationResults> ClassifyAsync(IEnumerable<ClassificationInput> inputs, ClassificationOptions? options = null, Kernel? kernel = null,
        CancellationToken cancellationToken = default);
}
