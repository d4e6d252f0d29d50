using Gemma.Conversion.Weights;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Runtime.Models;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma.Conversion.Calibration;

/// <summary>Runs texts through a graph that shows its projections' inputs and stores these.</summary>
internal static class ActivationRecorder
{
    /// <summary>Records the inputs of every projection.</summary>
    /// <param name="modelPath">The graph.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="inputs">The values to record.</param>
    /// <param name="texts">Token ids.</param>
    /// <param name="store">Receives the values.</param>
    /// <param name="progress">Receives the texts done.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static void Record(string modelPath, GemmaConfig config, IReadOnlyList<CalibratedInput> inputs, IReadOnlyList<int[]> texts, ActivationStore store,
        CalibrationProgress progress, CancellationToken cancellationToken)
    {
        using var session = OnnxRuntimeSession.Open(new OnnxRuntimeEngineOptions
        {
            ModelPath = modelPath,
            ContextLength = config.MaxPositionEmbeddings,
            Engine = new EngineOptions { AllowSpinning = false },
        });
        using var options = new RunOptions();
        string[] outputs = [.. inputs.Select(input => input.Name)];
        for (var i = 0; i < texts.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var values = new DisposableList();
            var names = Feed(values, config, texts[i]);
            try
            {
                using var results = session.Run(options, names, values.Items, outputs);
                for (var k = 0; k < inputs.Count; k++) store.Append(inputs[k].Name, inputs[k].Width, results[k].GetTensorDataAsSpan<float>());
            }
            catch (OnnxRuntimeException e)
            {
                throw new EngineException($"ONNX Runtime failed during calibration: {e.Message}", e);
            }

            progress.Report(i + 1, texts.Count);
        }
    }

    private static List<string> Feed(DisposableList values, GemmaConfig config, int[] tokens)
    {
        List<string> names = [GraphNames.InputIds, GraphNames.AttentionMask];
        values.Add(OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(tokens, token => (long)token), [1, tokens.Length]));
        values.Add(OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(1L, tokens.Length).ToArray(), [1, tokens.Length]));
        var caches = config.Plan.KeyValueLayout.Caches;
        foreach (var part in (string[])[GraphNames.Key, GraphNames.Value])
        {
            for (var i = 0; i < caches.Count; i++)
            {
                names.Add(GraphNames.Past(i, part));
                values.Add(OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, TensorElementType.Float,
                    [1, caches[i].KeyValueHeads, 0, caches[i].HeadSize]));
            }
        }

        return names;
    }

    private sealed class DisposableList : IDisposable
    {
        private readonly List<OrtValue> _items = [];

        public IReadOnlyCollection<OrtValue> Items => _items;

        public void Add(OrtValue value) => _items.Add(value);

        public void Dispose()
        {
            foreach (var item in _items) item.Dispose();
        }
    }
}
