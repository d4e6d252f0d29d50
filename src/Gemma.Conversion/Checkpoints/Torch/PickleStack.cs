namespace Gemma.Conversion.Checkpoints.Torch;

/// <summary>The stack and the memo of a pickle being read.</summary>
internal sealed class PickleStack(PickleInput input)
{
    // torch.load walks the result; so do we, and no weight file nests deeper than a handful.
    private const int MaxDepth = 64;
    private const uint MaxSlot = 1 << 20;

    private readonly List<object?> _values = [];
    private readonly Stack<int> _marks = [];
    private readonly Dictionary<uint, object?> _memo = [];

    private int Floor => _marks.TryPeek(out var mark) ? mark : 0;

    public void Push(object? value) => _values.Add(value);

    public void Mark() => _marks.Push(_values.Count);

    public object? Pop()
    {
        var value = Peek();
        _values.RemoveAt(_values.Count - 1);
        return value;
    }

    public object? Peek() => _values.Count > Floor ? _values[^1] : throw input.Error("the stack is empty");

    public T Peek<T>()
        where T : class => Peek() as T ?? throw input.Error("another value is on the stack than the opcode needs");

    /// <summary>The values above the last mark.</summary>
    public object?[] PopToMark()
    {
        if (!_marks.TryPop(out var mark)) throw input.Error("a mark is missing");
        object?[] items = [.. _values.Skip(mark)];
        _values.RemoveRange(mark, _values.Count - mark);
        return items;
    }

    /// <summary>The only value left at the end.</summary>
    public object? Result() => _values.Count == 1 && _marks.Count == 0 ? _values[0] : throw input.Error("the pickle does not end with one value");

    public void Remember(uint slot)
    {
        if (slot > MaxSlot) throw input.Error($"the memo has no room for an entry {slot}");
        _memo[slot] = Peek();
    }

    public void Recall(uint slot) => Push(_memo.TryGetValue(slot, out var value) ? value : throw input.Error($"the memo has no entry {slot}"));

    public void PushTuple(object?[] items)
    {
        var tuple = new PickleTuple(items);
        foreach (var item in items) Nest(tuple, item);
        Push(tuple);
    }

    public void Append(object?[] items)
    {
        var list = Peek<PickleList>();
        foreach (var item in items)
        {
            Nest(list, item);
            list.Items.Add(item);
        }
    }

    public void SetItems(object?[] items)
    {
        var dictionary = Peek<PickleDictionary>();
        if (items.Length % 2 != 0) throw input.Error("a key has no value");
        for (var i = 0; i < items.Length; i += 2)
        {
            if (items[i] is not (string or long or bool or double)) throw input.Error("a key is neither text nor number");
            Nest(dictionary, items[i + 1]);
            if (!dictionary.Items.TryAdd(items[i]!, items[i + 1])) throw input.Error($"the key '{items[i]}' occurs twice");
        }
    }

    private void Nest(PickleContainer parent, object? child)
    {
        if (child is not PickleContainer container) return;
        parent.Depth = Math.Max(parent.Depth, container.Depth + 1);
        if (ReferenceEquals(parent, child) || parent.Depth > MaxDepth) throw input.Error($"values are nested more than {MaxDepth} deep, or in a circle");
    }
}
