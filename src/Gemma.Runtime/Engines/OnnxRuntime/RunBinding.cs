using System.Runtime.InteropServices;
using Gemma.Runtime.Engines.Native;
using Gemma.Runtime.Engines.OnnxRuntime.Memory;
using Gemma.Runtime.Models;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>Input and output buffers of a run and their binding to the graph. A run of the same shape as the one before binds nothing anew.</summary>
internal sealed class RunBinding(InferenceSession session, GraphLayout layout, KeyValueArena arena) : IDisposable
{
    private const int MaskStep = 256;

    private readonly List<OrtValue> _values = [];
    private readonly GrowingBuffer _ids = new();
    private readonly GrowingBuffer _mask = new();
    private readonly GrowingBuffer _logits = new();
    private readonly GrowingBuffer _hidden = new();
    private readonly NativeBuffer _keep = new(sizeof(long));
    private readonly NativeBuffer _cut = new(sizeof(int));
    private readonly GrowingBuffer _dropped = new();
    private int[] _ones = [];
    private float[] _widenedLogits = [];
    private float[] _widenedHidden = [];
    private Shape _shape;
    private int _logitsCount;
    private int _logitsUsed;
    private int _hiddenCount;
    private int _hiddenUsed;

    public OrtIoBinding Binding { get; private set; } = session.CreateIoBinding();

    /// <summary>Logits of all passes of the last run.</summary>
    public ReadOnlySpan<float> Logits =>
        layout.LogitsType == TensorElementType.Float ? _logits.Span<float>(_logitsCount) : _widenedLogits.AsSpan(0, _logitsCount);

    /// <summary>Hidden states of all passes of the last run.</summary>
    public ReadOnlySpan<float> HiddenStates =>
        layout.HiddenType == TensorElementType.Float ? _hidden.Span<float>(_hiddenCount) : _widenedHidden.AsSpan(0, _hiddenCount);

    /// <summary>Makes room for the results of all passes of a run, one behind the other.</summary>
    public void ReserveResults(ReadOnlySpan<EnginePass> passes)
    {
        int logits = 0, hidden = 0;
        foreach (var pass in passes)
        {
            logits = checked(logits + (pass.Members.Length * Kept(pass) * layout.VocabularySize));
            hidden = checked(hidden + (pass.HiddenStates ? pass.Members.Length * pass.Tokens * layout.HiddenSize : 0));
        }

        (_logitsCount, _hiddenCount, _logitsUsed, _hiddenUsed) = (logits, hidden, 0, 0);
        var grown = _logits.Reserve(logits * (long)TensorElementTypes.SizeOf(layout.LogitsType));
        grown |= _hidden.Reserve(hidden * (long)TensorElementTypes.SizeOf(layout.HiddenType));
        if (grown) _shape = default;
    }

    /// <summary>Binds the buffers of a pass.</summary>
    public void Prepare(int firstSlot, EnginePass pass)
    {
        var rows = pass.Members.Length;

        // A first prompt's mask is exactly as wide as the prompt (that is how the operator knows it), a continuation's grows in steps, a single token's in
        // longer ones, so that decoding seldom rebinds.
        var width = Width(pass, arena.Capacity.All, pass.LongestPast.All);
        var cut = layout.KeyValueLayout.Window is null ? 0 : width - Width(pass, arena.Capacity.Window, pass.LongestPast.Window);
        var isPrompt = pass.FirstPrompt && pass.Tokens > 1;
        var shape = new Shape(arena.Version, firstSlot, rows, pass.Tokens, width, cut, isPrompt, Kept(pass), pass.HiddenStates, _logitsUsed, _hiddenUsed);
        _logitsUsed += rows * shape.Kept * layout.VocabularySize;
        if (shape.Hidden) _hiddenUsed += rows * shape.Tokens * layout.HiddenSize;
        if (shape == _shape) return;
        _shape = default;
        Rebind(shape);
        _shape = shape;
    }

    public void SetRow(int row, ReadOnlySpan<int> tokens, OnnxRuntimeSequence sequence)
    {
        var ids = _ids.Span<long>(_shape.Rows * _shape.Tokens).Slice(row * _shape.Tokens, _shape.Tokens);
        for (var i = 0; i < tokens.Length; i++) ids[i] = tokens[i];
        ids[tokens.Length..].Clear();

        var width = _shape.MaskWidth;
        var mask = _mask.Span<long>(_shape.Rows * width).Slice(row * width, width);
        if (layout.KeyValueLayout.Window is not null) _dropped.Span<int>(_shape.Rows)[row] = sequence.Dropped;
        var total = sequence.Length + (_shape.FirstPrompt ? tokens.Length : _shape.Tokens);
        if (total > _ones[row]) mask[_ones[row]..total].Fill(1);
        else mask[total.._ones[row]].Clear();
        _ones[row] = total;
    }

    /// <summary>Takes over what ONNX Runtime allocated itself in the pass that has just run.</summary>
    public void FetchResults()
    {
        if (!IsFetched(_shape)) return;
        using var outputs = Binding.GetOutputValues();
        var bytes = outputs[^1].GetTensorMutableRawData();
        bytes.CopyTo(_logits.Buffer.Span<byte>(_shape.LogitsOffset * (long)TensorElementTypes.SizeOf(layout.LogitsType), bytes.Length));

        // The tensor would be given to the next run.
        Binding.BindOutputToDevice(GraphNames.Logits, OrtMemoryInfo.DefaultInstance);
    }

    /// <summary>Widens 16-bit results.</summary>
    public void CollectResults()
    {
        Widen(_logits, _logitsCount, layout.LogitsType, ref _widenedLogits);
        Widen(_hidden, _hiddenCount, layout.HiddenType, ref _widenedHidden);
    }

    public (int Logits, int Hidden) ResultOffsets(int row, int tokens, int keep) =>
        (_shape.LogitsOffset + (((row * _shape.Kept) + _shape.Kept - (_shape.Tokens - tokens) - keep) * layout.VocabularySize), _shape.HiddenOffset
            + (row * _shape.Tokens * layout.HiddenSize));

    public void Dispose()
    {
        Release();
        Binding.Dispose();
        _ids.Dispose();
        _mask.Dispose();
        _logits.Dispose();
        _hidden.Dispose();
        _keep.Dispose();
        _cut.Dispose();
        _dropped.Dispose();
    }

    private void Rebind(in Shape shape)
    {
        Release();
        var width = shape.MaskWidth;
        Input(GraphNames.InputIds, [shape.Rows, shape.Tokens], _ids);
        Input(GraphNames.AttentionMask, [shape.Rows, width], _mask);
        _mask.Span<long>(shape.Rows * width).Clear();
        _ones = new int[shape.Rows];
        if (layout.HasLogitsToKeep)
        {
            _keep.Span<long>(0, 1)[0] = shape.Kept;
            var value = Keep(Tensor(TensorElementType.Int64, [1], _keep, 0, sizeof(long)));
            Binding.BindInput(GraphNames.LogitsToKeep, value);
        }

        if (layout.KeyValueLayout.Window is not null) BindWindows(shape);
        for (var i = 0; i < layout.PastNames.Length; i++)
        {
            var view = Keep(arena.View(i, shape.FirstSlot, shape.Rows));
            Binding.BindInput(layout.PastNames[i], view);
            Binding.BindOutput(layout.PresentNames[i], view);
        }

        if (shape.Kept > 0 && !IsFetched(shape))
            Output(GraphNames.Logits, layout.LogitsType, [shape.Rows, shape.Kept, layout.VocabularySize], _logits, shape.LogitsOffset);
        if (shape.Hidden) Output(GraphNames.HiddenStates, layout.HiddenType, [shape.Rows, shape.Tokens, layout.HiddenSize], _hidden, shape.HiddenOffset);
        if (IsFetched(shape)) Binding.BindOutputToDevice(GraphNames.Logits, OrtMemoryInfo.DefaultInstance);
    }

    private void BindWindows(in Shape shape)
    {
        _cut.Span<int>(0, 1)[0] = shape.Cut;
        Binding.BindInput(GraphNames.WindowCut, Keep(Tensor(TensorElementType.Int32, [], _cut, 0, sizeof(int))));
        _dropped.Reserve(shape.Rows * sizeof(int));
        Binding.BindInput(GraphNames.WindowDropped, Keep(Tensor(TensorElementType.Int32, [shape.Rows], _dropped.Buffer, 0, shape.Rows * sizeof(int))));
    }

    // How much of a cache attention is told of.
    private int Width(EnginePass pass, int capacity, int past) => !layout.HasCache || (pass.FirstPrompt && pass.Tokens > 1) ? pass.Tokens
        : pass.Tokens == 1 ? (int)Math.Min(capacity, CacheBudget.BucketOf(past + 1))
        : Math.Min(capacity, (past + pass.Tokens + MaskStep - 1) / MaskStep * MaskStep);

    // The graph declares one row of logits. ONNX Runtime computes others, but not into a tensor that it is given.
    private bool IsFetched(in Shape shape) => shape.Kept > 1 && layout is { HasLogitsToKeep: true, PrunesLmHead: true };

    // Without the extra input the graph returns all positions, or always the last one.
    private int Kept(EnginePass pass) => layout.VocabularySize == 0 ? 0 : layout.HasLogitsToKeep ? pass.LogitsToKeep : layout.PrunesLmHead ? 1 : pass.Tokens;

    private void Input(string name, long[] dimensions, GrowingBuffer buffer)
    {
        var bytes = dimensions[0] * dimensions[1] * sizeof(long);
        buffer.Reserve(bytes);
        Binding.BindInput(name, Keep(Tensor(TensorElementType.Int64, dimensions, buffer.Buffer, 0, bytes)));
    }

    private void Output(string name, TensorElementType type, long[] dimensions, GrowingBuffer buffer, int offset)
    {
        var size = TensorElementTypes.SizeOf(type);
        Binding.BindOutput(name, Keep(Tensor(type, dimensions, buffer.Buffer, offset * (long)size, dimensions[0] * dimensions[1] * dimensions[2] * size)));
    }

    private static unsafe OrtValue Tensor(TensorElementType type, long[] dimensions, NativeBuffer buffer, long offset, long bytes) =>
        OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, type, dimensions, (nint)(buffer.Pointer + offset), bytes);

    private OrtValue Keep(OrtValue value)
    {
        _values.Add(value);
        return value;
    }

    private void Release()
    {
        Binding.ClearBoundInputs();
        Binding.ClearBoundOutputs();
        foreach (var value in _values) value.Dispose();
        _values.Clear();
    }

    private static void Widen(GrowingBuffer source, int count, TensorElementType type, ref float[] destination)
    {
        if (count == 0 || type == TensorElementType.Float) return;
        if (destination.Length < count) destination = new float[count];
        TensorElementTypes.Widen(source.Span<ushort>(count), destination, type);
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Shape(int ArenaVersion, int FirstSlot, int Rows, int Tokens, int MaskWidth, int Cut, bool FirstPrompt, int Kept, bool Hidden,
        int LogitsOffset, int HiddenOffset);
}
