using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Generation.Pooling;
using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Inputs;

/// <summary>Reads a stream of texts with a model: the shape that classifiers and embeddings share.</summary>
/// <param name="source">Gives the model. A stream may outlive it: one that was unloaded while the stream was silent is loaded again.</param>
/// <param name="operation">What telemetry calls it.</param>
/// <param name="priority">The texts' priority.</param>
/// <param name="timeout">How long each text may take, or null.</param>
internal sealed class TextStream(IGemmaModelSource source, RequestOperation operation, int priority, TimeSpan? timeout)
{
    /// <summary>
    /// Reads texts and gives their results in order. A full queue refuses the first text; the further ones of a call that has begun wait for a place.
    /// </summary>
    /// <param name="inputs">The texts; a bounded number is read ahead.</param>
    /// <param name="read">Makes the request for a text, given its place in the stream.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public IAsyncEnumerable<TResult> RunAsync<TResult>(IAsyncEnumerable<ClassificationInput> inputs,
        Func<ClassificationInput, int, CancellationToken, PoolingRequest<TResult>> read, CancellationToken cancellationToken)
    {
        return OrderedPipeline.RunAsync(inputs, RunOneAsync, cancellationToken: cancellationToken);

        async Task<TResult> RunOneAsync(ClassificationInput input, int index, CancellationToken leaving)
        {
            using var lease = await source.AcquireAsync(leaving).ConfigureAwait(false);
            var request = read(input, index, leaving);
            return await lease.Model.Gate
                .RunAsync(request, request.Result, new RequestTerms(operation, request.Tokens.Length, priority, timeout), waitForRoom: index > 0)
                .ConfigureAwait(false);
        }
    }
}
