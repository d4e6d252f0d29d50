using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Runtime.Generation.Sampling;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Calibration;

/// <summary>Text that the model writes itself, sampled at temperature 1: calibration data that always fits the model.</summary>
internal static class SelfText
{
    /// <summary>Sequences that are written side by side.</summary>
    public const int Rows = 32;

    /// <summary>Writes sequences of token ids, each from the beginning of a text. One that ends early is followed by a new one.</summary>
    /// <param name="modelPath">The fp32 graph.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="length">The most tokens of a sequence; 32 times as many are written.</param>
    /// <param name="seed">What the text is drawn with.</param>
    /// <param name="progress">Receives the tokens done.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static IReadOnlyList<int[]> Write(string modelPath, GemmaConfig config, int length, int seed, CalibrationProgress progress,
        CancellationToken cancellationToken)
    {
        using var engine = new OnnxRuntimeEngine(new OnnxRuntimeEngineOptions
        {
            ModelPath = modelPath,
            ContextLength = length,
            MaxSequences = Rows,
            Engine = new EngineOptions { AllowSpinning = false },
        });
        var end = config.EosTokenIds is [var first, ..] ? first : -1;
        var begin = config.BosTokenId ?? Math.Max(0, end);
        List<int[]> written = [];
        var rows = Enumerable.Range(0, Rows)
            .Select(row =>
                new Row(engine.CreateSequence(),
                    new TokenSelector(new GenerationConfig
                    {
                        DoSample = true,
                        Temperature = 1,
                        TopK = 0,
                        TopP = 1,
                        Seed = (seed * Rows) + row,
                    }, config.VocabSize, 1, []), begin)).ToArray();
        try
        {
            for (var step = 1; step < length; step++)
            {
                engine.Run([.. rows.Select(row =>
                    new EngineInput(row.Sequence, row.Tokens.GetRange(row.Sequence.Length, row.Tokens.Count - row.Sequence.Length).ToArray()))],
                    cancellationToken);
                foreach (var row in rows)
                {
                    row.Tokens.Add(row.Selector.Select(row.Sequence.Logits, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(row.Tokens)));
                    if (row.Tokens[^1] != end) continue;
                    written.Add([.. row.Tokens]);
                    row.Tokens.RemoveRange(1, row.Tokens.Count - 1);
                    row.Sequence.Truncate(0);
                }

                progress.Report(step, length);
            }
        }
        finally
        {
            foreach (var row in rows) row.Sequence.Dispose();
        }

        written.AddRange(rows.Select(row => row.Tokens.ToArray()));
        return written;
    }

    private sealed class Row(IEngineSequence sequence, TokenSelector selector, int begin)
    {
        public IEngineSequence Sequence { get; } = sequence;

        public TokenSelector Selector { get; } = selector;

        public List<int> Tokens { get; } = [begin];
    }
}
