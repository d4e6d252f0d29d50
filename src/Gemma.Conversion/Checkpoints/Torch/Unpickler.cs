using System.Numerics;
using System.Runtime.InteropServices;

namespace Gemma.Conversion.Checkpoints.Torch;

/// <summary>
/// Reads a pickle as data. A pickle is a program; this machine knows the opcodes and the names that weights need and refuses everything else,
/// so nothing in a file can run, import or look up anything.
/// </summary>
/// <param name="input">The bytes.</param>
/// <param name="legacy">Whether the file is of the container before PyTorch 1.6, whose storages have a view field.</param>
internal sealed class Unpickler(PickleInput input, bool legacy)
{
    private const int MaxOperations = 1 << 22;
    private const long MaxPickleBytes = 64 << 20;
    private const long MaxStorageElements = 1L << 40;

    private readonly PickleStack _stack = new(input);

    /// <summary>The storages that the pickle names, by key.</summary>
    public Dictionary<string, PickleStorage> Storages { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads one value up to its STOP.</summary>
    public object? Read()
    {
        if ((PickleOpcode)input.ReadByte() != PickleOpcode.Protocol) throw input.Error("this is not a pickle of PyTorch's");
        var protocol = input.ReadByte();
        if (protocol is not (2 or 3)) throw input.Error($"pickle protocol {protocol} is not supported; save with torch.save's own protocol, 2");
        var begin = input.Position;
        for (var operations = 0; ; operations++)
        {
            if (operations > MaxOperations || input.Position - begin > MaxPickleBytes) throw input.Error("the pickle is larger than any list of weights");
            var opcode = (PickleOpcode)input.ReadByte();
            if (opcode == PickleOpcode.Stop) return _stack.Result();
            Run(opcode);
        }
    }

    private void Run(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Mark: _stack.Mark(); break;
            case PickleOpcode.None: _stack.Push(null); break;
            case PickleOpcode.NewTrue: _stack.Push(true); break;
            case PickleOpcode.NewFalse: _stack.Push(false); break;
            case PickleOpcode.BinInt1: _stack.Push((long)input.ReadByte()); break;
            case PickleOpcode.BinInt2: _stack.Push((long)input.ReadUInt16()); break;
            case PickleOpcode.BinInt: _stack.Push((long)input.ReadInt32()); break;
            case PickleOpcode.BinFloat: _stack.Push(input.ReadDouble()); break;
            case PickleOpcode.Long1: PushLong(input.ReadByte()); break;
            case PickleOpcode.BinUnicode: _stack.Push(input.ReadText((uint)input.ReadInt32())); break;
            case PickleOpcode.EmptyTuple: _stack.Push(new PickleTuple([])); break;
            case PickleOpcode.EmptyList: _stack.Push(new PickleList()); break;
            case PickleOpcode.EmptyDictionary: _stack.Push(new PickleDictionary(ordered: false)); break;
            case PickleOpcode.Tuple1: _stack.PushTuple(Pop(1)); break;
            case PickleOpcode.Tuple2: _stack.PushTuple(Pop(2)); break;
            case PickleOpcode.Tuple3: _stack.PushTuple(Pop(3)); break;
            case PickleOpcode.Tuple: _stack.PushTuple(_stack.PopToMark()); break;
            case PickleOpcode.Append: _stack.Append(Pop(1)); break;
            case PickleOpcode.Appends: _stack.Append(_stack.PopToMark()); break;
            case PickleOpcode.SetItem: _stack.SetItems(Pop(2)); break;
            case PickleOpcode.SetItems: _stack.SetItems(_stack.PopToMark()); break;
            case PickleOpcode.BinPut: _stack.Remember(input.ReadByte()); break;
            case PickleOpcode.LongBinPut: _stack.Remember((uint)input.ReadInt32()); break;
            case PickleOpcode.BinGet: _stack.Recall(input.ReadByte()); break;
            case PickleOpcode.LongBinGet: _stack.Recall((uint)input.ReadInt32()); break;
            case PickleOpcode.Global: _stack.Push(Global()); break;
            case PickleOpcode.BinPersistentId: _stack.Push(Storage()); break;
            case PickleOpcode.Reduce: Reduce(); break;
            case PickleOpcode.Build: Build(); break;
            default: throw input.Error($"the opcode 0x{(byte)opcode:X2} does not occur in files of weights and is refused");
        }
    }

    private object?[] Pop(int count)
    {
        var items = new object?[count];
        for (var i = count - 1; i >= 0; i--) items[i] = _stack.Pop();
        return items;
    }

    private void PushLong(int length)
    {
        Span<byte> bytes = stackalloc byte[length];
        input.ReadBytes(bytes);
        var number = new BigInteger(bytes);
        if (number >= long.MinValue && number <= long.MaxValue) _stack.Push((long)number);
        else _stack.Push(number);
    }

    private PickleGlobal Global()
    {
        var (module, name) = (input.ReadLine(), input.ReadLine());
        return PickleGlobal.Find(module, name)
            ?? throw input.Error(
                $"the file refers to {module}.{name}, which weights do not need; names outside a short list are refused, because they could run code");
    }

    private PickleStorage Storage()
    {
        if (_stack.Pop() is not PickleTuple { Items: var id }
            || id.Length != (legacy ? 6 : 5)
            || id is not ["storage", PickleGlobal { Kind: PickleGlobalKind.Storage } type, string key, string location, long count, ..]
            || (legacy && id[5] is not null)) throw input.Error("a storage is described in a way PyTorch does not write");
        if (key.Length is 0 or > 20 || !key.All(char.IsAsciiDigit)) throw input.Error("a storage's key is not a number");
        if (location == "meta") throw input.Error($"storage {key} was saved without data (device 'meta')");
        if (count is < 0 or > MaxStorageElements) throw input.Error($"storage {key} has {count} elements, which no file holds");
        var storage = new PickleStorage(key, type.StorageType, count);
        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(Storages, key, out var exists);
        if (exists && known != storage) throw input.Error($"storage {key} is described in two ways");
        return known ??= storage;
    }

    private void Reduce()
    {
        var (arguments, function) = (_stack.Pop(), _stack.Pop());
        if (function is not PickleGlobal global || arguments is not PickleTuple { Items: var items })
            throw input.Error("a value that is no function is called");
        _stack.Push(PickleCalls.Call(global, items, out var problem) ?? throw input.Error(problem));
    }

    // A module's state_dict carries its version numbers as an attribute; they say nothing about weights.
    private void Build()
    {
        var state = _stack.Pop();
        if (_stack.Peek() is not PickleDictionary { Ordered: true }
            || state is not PickleDictionary { Ordered: false } attributes
            || attributes.Items.Keys.Any(key => key is not "_metadata")) throw input.Error("attributes are set that weights do not have");
    }
}
