using System.Numerics.Tensors;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Runtime.Engines.OnnxRuntime.Memory;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Models.Architecture;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Generation.Scheduling;

/// <summary>
/// The tiny random model of the GenAI goldens: vocabulary 512, context 256. In float32, in which every processor computes one row as it computes several.
/// </summary>
internal static class TinyEngine
{
    public static OnnxRuntimeEngine Open(int maxSequences = 16, long? budget = null, bool? sparse = null, int context = 256)
    {
        Assert.SkipWhen(sparse == true && !CacheBuffer.SupportsSparse, "This system has no memory of that kind.");
        return new OnnxRuntimeEngine(new OnnxRuntimeEngineOptions
        {
            ModelPath = SharedData.Require("goldens-genai", "gemma1-tiny-mqa", "fp32", "model.onnx"),
            ContextLength = context,
            KeyValueLayout = KeyValueLayout.Uniform(2, 1, 16),
            Engine = new EngineOptions { Threads = 1, MaxCacheBytes = budget },
            MaxSequences = maxSequences,
            SparseCache = sparse ?? CacheBuffer.SupportsSparse,
        });
    }

    public static InferenceScheduler Start(SchedulerOptions? options = null, int maxSequences = 16, long? budget = null, bool? sparse = null) =>
        new(Open(maxSequences, budget, sparse), options ?? new SchedulerOptions());

    public static int[] Prompt(int seed, int length)
    {
        var random = new Random(seed);
        return [2, .. Enumerable.Range(1, length - 1).Select(_ => random.Next(10, 500))];
    }

    /// <summary>What the prompt gives when nobody else is there.</summary>
    public static int[] Solo(int[] prompt, int count)
    {
        using var engine = Open();
        using var sequence = engine.CreateSequence();
        List<int> result = [];
        for (int[] next = prompt; result.Count < count; next = [result[^1]])
        {
            engine.Run([new EngineInput(sequence, next)], TestContext.Current.CancellationToken);
            result.Add(TensorPrimitives.IndexOfMax(sequence.Logits));
        }

        return [.. result];
    }
}
