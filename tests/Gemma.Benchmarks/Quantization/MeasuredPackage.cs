using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Gemma.Conversion;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Runtime.Models;

namespace Gemma.Benchmarks.Quantization;

/// <summary>A converted package and its engine; disposing removes both.</summary>
internal sealed class MeasuredPackage : IDisposable
{
    private readonly string _folder;
    private readonly OnnxRuntimeEngine _engine;

    private MeasuredPackage(string folder, OnnxRuntimeEngine engine)
    {
        _folder = folder;
        _engine = engine;
    }

    /// <summary>Bytes of the weights.</summary>
    public long Bytes => new FileInfo(Path.Combine(_folder, "model.onnx.data")).Length;

    private string ReferencePath => Path.Combine(Path.GetDirectoryName(_folder)!, "reference.bin");

    public static async Task<MeasuredPackage> CreateAsync(string checkpoint, string folder, ConversionOptions options, CancellationToken cancellationToken)
    {
        await new CheckpointConverter().ConvertAsync(checkpoint, folder, options, null, cancellationToken);
        var package = await ModelPackage.OpenAsync(folder, verify: false, cancellationToken);
        return new MeasuredPackage(folder,
            new OnnxRuntimeEngine(new OnnxRuntimeEngineOptions
            {
                ModelPath = package.ModelPath,
                ContextLength = package.MaxPositions,
                Engine = new EngineOptions { AllowSpinning = false },
            }));
    }

    /// <summary>Stores the logits of the texts, to which <see cref="Measure"/> compares.</summary>
    public void WriteReference(QualityText text, CancellationToken cancellationToken)
    {
        using var stream = File.Create(ReferencePath);
        foreach (var ids in text.Texts) Run(ids, ids.Length - 1, logits => stream.Write(MemoryMarshal.AsBytes(logits)), cancellationToken);
    }

    public QualityResult Measure(QualityText text, CancellationToken cancellationToken)
    {
        var vocabulary = _engine.Info.VocabularySize;
        double loss = 0, divergence = 0;
        var same = 0;
        using var reference = File.OpenRead(ReferencePath);
        var exact = new float[vocabulary];
        foreach (var ids in text.Texts)
        {
            Run(
                ids,
                ids.Length - 1,
                logits =>
                {
                    for (var i = 0; i + 1 < ids.Length; i++)
                    {
                        reference.ReadExactly(MemoryMarshal.AsBytes(exact.AsSpan()));
                        var actual = logits.Slice(i * vocabulary, vocabulary);
                        var (logSum, exactLogSum) = (LogSum(actual), LogSum(exact));
                        loss += logSum - actual[ids[i + 1]];
                        for (var k = 0; k < vocabulary; k++) divergence += Math.Exp(exact[k] - exactLogSum) * (exact[k] - exactLogSum - (actual[k] - logSum));
                        if (TensorPrimitives.IndexOfMax(actual) == TensorPrimitives.IndexOfMax(exact)) same++;
                    }
                },
                cancellationToken);
        }

        return new QualityResult(Math.Exp(loss / text.Tokens), divergence / text.Tokens, (double)same / text.Tokens,
            text.Answers.Count(answer => IsSame(answer.Prompt, answer.Answer, cancellationToken)));
    }

    public void Dispose()
    {
        _engine.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // Greedy decoding gives the answer exactly if each of its tokens is the best after those before it.
    private bool IsSame(int[] prompt, int[] answer, CancellationToken cancellationToken)
    {
        var vocabulary = _engine.Info.VocabularySize;
        var same = true;
        Run(
            [.. prompt, .. answer],
            answer.Length,
            logits =>
            {
                for (var i = 0; i < answer.Length; i++) same &= TensorPrimitives.IndexOfMax(logits.Slice(i * vocabulary, vocabulary)) == answer[i];
            },
            cancellationToken);
        return same;
    }

    // The logits that predict the last tokens.
    private void Run(int[] ids, int predicted, ReadOnlySpanAction use, CancellationToken cancellationToken)
    {
        using var sequence = _engine.CreateSequence();
        _engine.Run([new EngineInput(sequence, ids.AsMemory(0, ids.Length - 1), predicted)], cancellationToken);
        use(sequence.Logits);
    }

    private static double LogSum(ReadOnlySpan<float> logits)
    {
        var maximum = TensorPrimitives.Max(logits);
        var sum = 0.0;
        foreach (var logit in logits) sum += Math.Exp(logit - maximum);
        return maximum + Math.Log(sum);
    }

    private delegate void ReadOnlySpanAction(ReadOnlySpan<float> logits);
}
