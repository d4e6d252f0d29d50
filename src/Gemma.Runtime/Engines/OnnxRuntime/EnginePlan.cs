using System.Runtime.InteropServices;

namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>
/// Splits a batch into passes. GroupQueryAttention takes several rows when each appends one token, or when none has a past; a longer
/// continuation goes alone (ONNX Runtime 1.31: "batch_size must be 1 when sequence_length > 1 and past context is given").
/// </summary>
internal sealed class EnginePlan
{
    private readonly List<EnginePass> _pool = [];
    private int _count;

    public ReadOnlySpan<EnginePass> Passes => CollectionsMarshal.AsSpan(_pool)[.._count];

    /// <summary>Plans the passes of a batch.</summary>
    /// <param name="batch">The inputs.</param>
    /// <param name="slots">Prompts go together where it has room for their padding, too.</param>
    public void Build(ReadOnlySpan<EngineInput> batch, SlotTable slots)
    {
        _count = 0;
        EnginePass? prompts = null, steps = null;
        for (var i = 0; i < batch.Length; i++)
        {
            ref readonly var input = ref batch[i];
            var pass = input.Tokens.Length == 1 ? steps ??= Next()
                : input.Sequence.Length > 0 ? Next()
                : prompts = prompts is not null && HoldsPadded(prompts, batch, input.Tokens.Length, slots) ? prompts : Next();
            pass.Add(i, input);
        }

        foreach (var pass in Passes) pass.Complete(batch);
    }

    private static bool HoldsPadded(EnginePass prompts, ReadOnlySpan<EngineInput> batch, int tokens, SlotTable slots)
    {
        var longest = Math.Max(tokens, prompts.Tokens);
        var padding = slots.Padding(tokens, longest);
        foreach (var index in prompts.Inputs) padding += slots.Padding(batch[index].Tokens.Length, longest);
        return padding == 0 || slots.Holds(slots.NeededAfter(batch) + padding);
    }

    private EnginePass Next()
    {
        if (_count == _pool.Count) _pool.Add(new EnginePass());
        var pass = _pool[_count++];
        pass.Reset();
        return pass;
    }
}
