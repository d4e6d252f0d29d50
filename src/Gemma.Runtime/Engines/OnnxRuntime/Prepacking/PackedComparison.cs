using System.Runtime.InteropServices;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Engines.OnnxRuntime.Prepacking;

/// <summary>
/// Compares packed graphs with the package's own before anybody relies on them: what a full disk cut off does not open, and what ONNX Runtime lays out wrongly
/// computes something else.
/// </summary>
internal static class PackedComparison
{
    private const int Tokens = 24;

    /// <summary>Runs a prompt and a token through both.</summary>
    /// <param name="package">The package.</param>
    /// <param name="packed">The folder with the packed graphs.</param>
    /// <param name="threads">Threads of a run; 0: chosen for this machine.</param>
    /// <param name="cancellationToken">Stops between the two.</param>
    /// <exception cref="EngineException">A packed graph cannot be opened, or a bit differs.</exception>
    public static void Ensure(ModelPackage package, string packed, int threads, CancellationToken cancellationToken)
    {
        var expected = Compute(package, package.Folder, threads, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        var actual = Compute(package, packed, threads, cancellationToken);
        if (!MemoryMarshal.AsBytes<float>(actual).SequenceEqual(MemoryMarshal.AsBytes<float>(expected)))
        {
            throw new EngineException(
                $"ONNX Runtime computes something else from the packed weights of {package.Folder} than from its own: they are not kept; do without packed "
                    + $"weights, or update ONNX Runtime.");
        }
    }

    private static float[] Compute(ModelPackage package, string folder, int threads, CancellationToken cancellationToken)
    {
        var count = Math.Min(Tokens, package.MaxPositions - 1);
        int[] prompt = [.. Enumerable.Range(0, count).Select(i => i * 7 % package.VocabSize)];
        using var engine = new OnnxRuntimeEngine(new OnnxRuntimeEngineOptions
        {
            ModelPath = PrepackedFolder.In(folder, package, package.ModelPath),
            PrefillModelPath = package.PrefillModelPath is { } prefill ? PrepackedFolder.In(folder, package, prefill) : null,
            VocabularySize = package.VocabSize,
            KeyValueLayout = package.KeyValueLayout,
            ContextLength = package.MaxPositions,
            MaxSequences = 1,
            Engine = new EngineOptions { Threads = threads },
        });
        var rows = Math.Min(1, engine.Info.VocabularySize);
        using var sequence = engine.CreateSequence();
        engine.Run([new EngineInput(sequence, prompt, 0)], cancellationToken);
        engine.Run([new EngineInput(sequence, prompt.AsMemory(0, 1), rows, engine.Info.SupportsHiddenStates)], cancellationToken);
        return [.. rows > 0 ? sequence.Logits : [], .. engine.Info.SupportsHiddenStates ? sequence.HiddenStates : []];
    }
}
