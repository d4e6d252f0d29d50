using Microsoft.ML.OnnxRuntime;

namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>One graph over the engine's key-value arena: plans the passes of a batch, runs them and keeps their results.</summary>
internal sealed class GraphRunner(InferenceSession session, GraphLayout layout, KeyValueArena arena, SlotTable slots) : IDisposable
{
    private readonly RunOptions _runOptions = new();
    private readonly RunBinding _binding = new(session, layout, arena);
    private readonly EnginePlan _plan = new();

    /// <summary>Logits of the last run.</summary>
    public ReadOnlySpan<float> Logits => _binding.Logits;

    /// <summary>Hidden states of the last run.</summary>
    public ReadOnlySpan<float> HiddenStates => _binding.HiddenStates;

    /// <summary>Runs a batch; the caller then counts the tokens.</summary>
    /// <param name="batch">The inputs.</param>
    /// <param name="run">The engine's number of this run, under which results are found.</param>
    /// <param name="cancellationToken">Interrupts the computation.</param>
    public void Run(ReadOnlySpan<EngineInput> batch, int run, CancellationToken cancellationToken)
    {
        _plan.Build(batch, slots);
        _binding.ReserveResults(_plan.Passes);
        try
        {
            foreach (var pass in _plan.Passes)
            {
                cancellationToken.ThrowIfCancellationRequested();
                RunPass(batch, pass, run, cancellationToken);
            }

            _binding.CollectResults();
        }
        finally
        {
            foreach (ref readonly var input in batch)
            {
                var sequence = (OnnxRuntimeSequence)input.Sequence;
                (sequence.Written, sequence.Placed) = (0, default);
            }
        }
    }

    public void Dispose()
    {
        _binding.Dispose();
        _runOptions.Dispose();
        session.Dispose();
    }

    private void RunPass(ReadOnlySpan<EngineInput> batch, EnginePass pass, int run, CancellationToken cancellationToken)
    {
        var members = pass.Members;
        foreach (var member in members) slots.Place(member, member.RowsFor(member.Length + pass.Tokens));
        var first = slots.Gather(members);
        _binding.Prepare(first, pass);
        foreach (var index in pass.Inputs)
        {
            ref readonly var input = ref batch[index];
            var sequence = (OnnxRuntimeSequence)input.Sequence;
            var row = sequence.Slot - first;
            _binding.SetRow(row, input.Tokens.Span, sequence);
            var (logits, states) = _binding.ResultOffsets(row, input.Tokens.Length, input.LogitsToKeep);
            sequence.SetResults(run, logits, input.LogitsToKeep * layout.VocabularySize, states, input.HiddenStates
                ? input.Tokens.Length * layout.HiddenSize
                : 0);
        }

        Execute(cancellationToken);
        _binding.FetchResults();
        foreach (var index in pass.Inputs)
        {
            var sequence = (OnnxRuntimeSequence)batch[index].Sequence;
            (sequence.Written, sequence.Placed) = (batch[index].Tokens.Length, default);
        }
    }

    private void Execute(CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, _runOptions);
        try
        {
            session.RunWithBinding(_runOptions, _binding.Binding);
        }
        catch (OnnxRuntimeException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OnnxRuntimeException e)
        {
            throw new EngineException($"ONNX Runtime failed: {e.Message}", e);
        }
        finally
        {
            registration.Dispose();
            _runOptions.Terminate = false;
        }
    }
}
