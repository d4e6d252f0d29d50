using System.Diagnostics;
using System.Numerics.Tensors;
using LLama;
using LLama.Common;
using LLama.Native;

namespace Gemma.Peers;

/// <summary>A GGUF file opened by LLamaSharp, driven by token ids.</summary>
/// <remarks>What is not given, its own number of threads included, is as LLamaSharp sets it.</remarks>
internal sealed class LlamaModel : IDisposable
{
    private const int WarmPrompt = 32;

    private readonly LLamaWeights _weights;
    private readonly LLamaContext _context;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="threads">Threads of prompts and of single tokens; 0: LLamaSharp's choice.</param>
    /// <param name="tokens">The longest sequence, in tokens.</param>
    /// <param name="sequences">The most sequences at the same time.</param>
    public LlamaModel(string path, int threads, int tokens, int sequences)
    {
        NativeLibraryConfig.All.WithLogCallback(static (level, text) =>
        {
            if (level == LLamaLogLevel.Error) Console.Error.Write(text);
        });
        var parameters = new ModelParams(path)
        {
            ContextSize = (uint)((Math.Max(tokens, 2 * WarmPrompt) + WarmPrompt) * sequences),
            SeqMax = (uint)sequences,
            GpuLayerCount = 0,
            Threads = threads > 0 ? threads : null,
            BatchThreads = threads > 0 ? threads : null,
        };
        var start = Stopwatch.GetTimestamp();
        _weights = LLamaWeights.LoadFromFile(parameters);
        try
        {
            IsEmbedder = _weights.Metadata.GetValueOrDefault("general.architecture") == "gemma-embedding";
            parameters.Embeddings = IsEmbedder;
            _context = _weights.CreateContext(parameters);
        }
        catch
        {
            _weights.Dispose();
            throw;
        }

        LoadSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public double LoadSeconds { get; }

    /// <summary>Whether it makes vectors, and no tokens.</summary>
    public bool IsEmbedder { get; }

    /// <summary>The most tokens that are computed together.</summary>
    public int PassTokens => (int)_context.NativeHandle.UBatchSize;

    /// <summary>The ids that <c>gemma bench</c> reads, too.</summary>
    public int[] Tokens(int count, int seed)
    {
        var random = new Random(seed);
        return [2, .. Enumerable.Range(1, Math.Max(0, count - 1)).Select(_ => random.Next(3, _weights.Vocab.Count))];
    }

    /// <summary>Seconds of a prompt up to its last token's logits.</summary>
    public double Prompt(int count)
    {
        Clear();
        var start = Stopwatch.GetTimestamp();
        Read(Tokens(count, 1), 0);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Tokens per second of so many sequences together, each taking its best token.</summary>
    public double Generate(int sequences, int count)
    {
        Clear();
        var next = Enumerable.Range(0, sequences).Select(sequence => Read(Tokens(WarmPrompt, sequence), sequence)).ToArray();
        var (batch, start) = (new LLamaBatch(), 0L);
        for (var step = -1; step < count; step++)
        {
            if (step == 0) start = Stopwatch.GetTimestamp();
            batch.Clear();
            for (var sequence = 0; sequence < sequences; sequence++) batch.Add(next[sequence], WarmPrompt + step + 1, (LLamaSeqId)sequence, true);
            Decode(batch);
            for (var sequence = 0; sequence < sequences; sequence++) next[sequence] = Best(sequence);
        }

        return sequences * count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Vectors of texts in one pass.</summary>
    public void Embed(IReadOnlyList<int[]> texts)
    {
        var batch = new LLamaBatch();
        for (var text = 0; text < texts.Count; text++)
        {
            for (var i = 0; i < texts[text].Length; i++) batch.Add(texts[text][i], i, (LLamaSeqId)text, true);
        }

        if (_context.NativeHandle.Encode(batch) is var result && result != 0) throw new InvalidOperationException($"llama.cpp answers {result}.");
        for (var text = 0; text < texts.Count; text++)
        {
            if (_context.NativeHandle.GetEmbeddingsSeq((LLamaSeqId)text).IsEmpty) throw new InvalidOperationException("llama.cpp gives no vector.");
        }
    }

    public void Dispose()
    {
        _context.Dispose();
        _weights.Dispose();
    }

    private int Read(int[] tokens, int sequence)
    {
        // As many at once as the library takes by default.
        var batch = new LLamaBatch();
        var size = (int)_context.BatchSize;
        for (var first = 0; first < tokens.Length; first += size)
        {
            var count = Math.Min(size, tokens.Length - first);
            batch.Clear();
            for (var i = 0; i < count; i++) batch.Add(tokens[first + i], first + i, (LLamaSeqId)sequence, first + i == tokens.Length - 1);
            Decode(batch);
        }

        return Best(((tokens.Length - 1) % size));
    }

    private void Decode(LLamaBatch batch)
    {
        if (_context.Decode(batch) is var result && result != DecodeResult.Ok) throw new InvalidOperationException($"llama.cpp answers {result}.");
    }

    private int Best(int position) => TensorPrimitives.IndexOfMax(_context.NativeHandle.GetLogitsIth(position));

    private void Clear() => _context.NativeHandle.MemoryClear();
}
