using Gemma.Runtime.Generation.Sampling;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Tests.Generation.Scheduling.Drafts;

/// <summary>Draws a fixed number of tokens at random.</summary>
internal sealed class SampledTask(int[] prompt, int count, long seed, int vocabulary) : GenerationTask(prompt, default)
{
    private readonly TokenSelector _selector = new(new GenerationConfig { DoSample = true, TopK = 0, Seed = seed }, vocabulary, prompt.Length, []);
    private readonly TaskCompletionSource<int[]> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<int> _output = [];

    public Task<int[]> Result => _completion.Task;

    public override int MaxNewTokens => count;

    public override int Choose(ReadOnlySpan<float> logits) => _selector.Select(logits, Tokens);

    public override bool Accept(int token)
    {
        _output.Add(token);
        return _output.Count < count;
    }

    public override void Finish(Exception? error)
    {
        if (error is null) _completion.SetResult([.. _output]);
        else _completion.SetException(error);
    }
}
