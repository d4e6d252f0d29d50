using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Gemma.IO;
using Gemma.Runtime.Models;
using Gemma.Runtime.Models.Architecture;

namespace Gemma.Runtime.Engines.OnnxRuntime.Caches;

/// <summary>
/// Changes a decoder graph while it is opened, so that its key-value caches hold float16: GroupQueryAttention takes queries, keys and values of the type of its
/// caches. What turns queries and keys stays in float32 in front of it. Nothing is written to disk, and every weight stays where it is.
/// </summary>
internal sealed class HalfCacheGraph
{
    // Fields of onnx.proto's ModelProto, GraphProto, ValueInfoProto, TypeProto, TensorShapeProto and TensorProto.
    private const int ModelGraph = 7;
    private const int GraphNode = 1;
    private const int GraphInitializer = 5;
    private const int GraphInput = 11;
    private const int GraphOutput = 12;
    private const int ValueName = 1;
    private const int ValueType = 2;
    private const int TypeTensor = 1;
    private const int TensorElement = 1;
    private const int TensorShape = 2;
    private const int ShapeDimension = 1;
    private const int DimensionValue = 1;
    private const int InitializerDimension = 1;
    private const int InitializerType = 2;
    private const int InitializerName = 8;
    private const int InitializerBytes = 9;
    private const int Float = 1;
    private const int Int64 = 7;
    private const int Half = 10;

    private const string Attention = "GroupQueryAttention";
    private const string Prefix = "/half_cache/";
    private const string Positions = Prefix + "positions";

    // The operator's inputs behind the tables of the rotary embedding: positions, and from here on a bias and what else may come.
    private const int CosineInput = 7;
    private const int SineInput = 8;
    private const int BiasInput = 10;

    private readonly ProtobufWriter _graph = new();
    private readonly Dictionary<string, long> _headSizes = new(StringComparer.Ordinal);
    private bool _hasPositions;

    private HalfCacheGraph()
    {
    }

    /// <summary>Reads a graph with float32 caches as one with float16 caches.</summary>
    /// <param name="path">The graph's file.</param>
    /// <param name="known">The caches as the package describes them, for graphs of other builders that leave sizes open.</param>
    /// <returns>The graph, or null if there is nothing to change: it has no caches, or they have 16 bits already.</returns>
    /// <exception cref="EngineException">The file is no graph, or has attention of a kind that cannot be changed.</exception>
    public static byte[]? Read(string path, KeyValueLayout? known)
    {
        try
        {
            var model = new ProtobufWriter();
            var reader = new ProtobufReader(File.ReadAllBytes(path));
            while (reader.Read())
            {
                if (reader.Field != ModelGraph)
                {
                    model.Copy(reader.Whole);
                    continue;
                }

                var graph = new HalfCacheGraph();
                if (!graph.ReadCaches(reader.Bytes, known)) return null;
                graph.Write(reader.Bytes);
                model.Add(ModelGraph, graph._graph.Bytes);
            }

            return model.Bytes.ToArray();
        }
        catch (Exception e) when (e is InvalidDataException or FormatException)
        {
            throw new EngineException($"{path} is not an ONNX graph: {e.Message}; convert the checkpoint again.", e);
        }
    }

    // Widths of attention heads by the caches' names; false: nothing to change.
    private bool ReadCaches(ReadOnlySpan<byte> graph, KeyValueLayout? known)
    {
        var reader = new ProtobufReader(graph);
        while (reader.Read())
        {
            if (reader.Field != GraphInput) continue;
            var (name, element, size) = Describe(reader.Bytes);
            if (!name.StartsWith(GraphNames.PastPrefix, StringComparison.Ordinal)) continue;
            if (element != Float) return false;
            var cache = size > 0 || !int.TryParse(name.Split('.')[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? null
                : known?.Caches.ElementAtOrDefault(number);
            _headSizes[name] = cache?.HeadSize ?? size;
        }

        return _headSizes.Count > 0;
    }

    private void Write(ReadOnlySpan<byte> graph)
    {
        var reader = new ProtobufReader(graph);
        while (reader.Read())
        {
            if (reader.Field == GraphNode && OnnxNode.Parse(reader.Bytes) is { Operation: Attention } node) WriteAttention(node);
            else if (reader.Field is GraphInput or GraphOutput && IsCache(reader.Bytes)) _graph.Add(reader.Field, InHalf(reader.Bytes, depth: 0));
            else _graph.Copy(reader.Whole);
        }
    }

    private void WriteAttention(OnnxNode attention)
    {
        var isRotated = attention.Number("do_rotary", 0) != 0;
        if (attention.Inputs.Count <= (isRotated ? SineInput : CosineInput - 1) || attention.Outputs.Count == 0)
            throw new InvalidDataException($"{attention.Name} lacks inputs");
        if (attention.Inputs.Skip(BiasInput).Any(input => input.Length > 0))
            throw new EngineException($"The attention of {attention.Name} has inputs that are not changed for float16 caches; leave CachePrecision as it is.");
        var prefix = Prefix + attention.Name + "/";
        var (queries, keys, values) = attention.Inputs[1].Length == 0
            ? Split(attention, prefix)
            : (attention.Inputs[0], attention.Inputs[1], attention.Inputs[2]);

        // A layer that reads another's keys and values has none of its own.
        var isShared = attention.Inputs[3].StartsWith(GraphNames.PresentPrefix, StringComparison.Ordinal);
        if (isRotated)
        {
            queries = Rotate(attention, prefix + "queries", queries);
            if (!isShared) keys = Rotate(attention, prefix + "keys", keys);
        }

        string[] inputs =
        [
            Cast(prefix + "queries/half", queries, Half), Cast(prefix + "keys/half", keys, Half), Cast(prefix + "values/half", values, Half),
            .. attention.Inputs[3..CosineInput],
        ];
        Add(attention.Like(inputs, [prefix + "output", .. attention.Outputs[1..]], "do_rotary", "rotary_interleaved"));
        Add(new OnnxNode("Cast", prefix + "output/float", [prefix + "output"], [attention.Outputs[0]]).With("to", Float));
    }

    private (string Queries, string Keys, string Values) Split(OnnxNode attention, string prefix)
    {
        var size = _headSizes.GetValueOrDefault(attention.Inputs[3]);
        var (queries, keys) = (attention.Number("num_heads", 0) * size, attention.Number("kv_num_heads", 0) * size);
        if (queries <= 0 || keys <= 0) throw new InvalidDataException($"{attention.Name} does not say how wide queries and keys are");
        string[] parts = [prefix + "split/queries", prefix + "split/keys", prefix + "split/values"];
        Add(new OnnxNode("Split", prefix + "split", [attention.Inputs[0], Integers(prefix + "split/sizes", queries, keys, keys)], parts).With("axis", -1));
        return (parts[0], parts[1], parts[2]);
    }

    private string Rotate(OnnxNode attention, string name, string value)
    {
        if (!_hasPositions) WritePositions();
        string[] inputs = [value, Positions, attention.Inputs[CosineInput], attention.Inputs[SineInput]];
        var node = new OnnxNode("RotaryEmbedding", name + "/rotary", inputs, [name + "/rotated"], OnnxNode.MicrosoftDomain);
        Add(node.With("interleaved", attention.Number("rotary_interleaved", 0)));
        return name + "/rotated";
    }

    // [batch, sequence]: each row begins where its past ends. Rows of a first prompt may be padded behind their last token, and begin at 0 all the same.
    private void WritePositions()
    {
        _hasPositions = true;
        var (zero, one) = (Integers(Prefix + "zero", 0), Integers(Prefix + "one", 1));
        var (start, step) = (Integer(Prefix + "start", 0), Integer(Prefix + "step", 1));
        var shape = Add("Shape", "shape", [GraphNames.InputIds]);
        var tokens = Add("Gather", "tokens", [shape, step]);
        var total = Add("ReduceSum", "total", [GraphNames.AttentionMask, one], ("keepdims", 1));
        var past = Add("Max", "past", [Add("Sub", "difference", [total, tokens]), zero]);
        Add(new OnnxNode("Add", Prefix + "add", [past, Add("Range", "range", [start, tokens, step])], [Positions]));
    }

    private string Add(string operation, string name, string[] inputs, params ReadOnlySpan<(string Attribute, long Number)> attributes)
    {
        var node = new OnnxNode(operation, Prefix + name, inputs, [Prefix + name]);
        foreach (var (attribute, number) in attributes) node.With(attribute, number);
        Add(node);
        return Prefix + name;
    }

    private string Cast(string name, string value, long type)
    {
        Add(new OnnxNode("Cast", name, [value], [name]).With("to", type));
        return name;
    }

    private void Add(OnnxNode node) => _graph.Add(GraphNode, node.ToMessage());

    private string Integer(string name, long value) => Initializer(name, [], [value]);

    private string Integers(string name, params long[] values) => Initializer(name, [values.Length], values);

    private string Initializer(string name, long[] dimensions, long[] values)
    {
        var bytes = new byte[values.Length * sizeof(long)];
        for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), values[i]);
        var tensor = new ProtobufWriter();
        foreach (var dimension in dimensions) tensor.Add(InitializerDimension, dimension);
        _graph.Add(GraphInitializer, tensor.Add(InitializerType, Int64).Add(InitializerName, name).Add(InitializerBytes, bytes).Bytes);
        return name;
    }

    private static bool IsCache(ReadOnlySpan<byte> value) =>
        Describe(value).Name is var name
        && (name.StartsWith(GraphNames.PastPrefix, StringComparison.Ordinal) || name.StartsWith(GraphNames.PresentPrefix, StringComparison.Ordinal));

    private static (string Name, long Element, long LastDimension) Describe(ReadOnlySpan<byte> value)
    {
        var (name, element, last) = (string.Empty, 0L, 0L);
        var reader = new ProtobufReader(value);
        while (reader.Read())
        {
            if (reader.Field == ValueName) name = Encoding.UTF8.GetString(reader.Bytes);
            if (reader.Field != ValueType) continue;
            var type = Field(reader.Bytes, TypeTensor);
            element = Number(type, TensorElement);
            var dimensions = new ProtobufReader(Field(type, TensorShape));
            while (dimensions.Read())
            {
                if (dimensions.Field == ShapeDimension) last = Number(dimensions.Bytes, DimensionValue);
            }
        }

        return (name, element, last);
    }

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> message, int field)
    {
        var reader = new ProtobufReader(message);
        while (reader.Read())
        {
            if (reader.Field == field) return reader.Bytes;
        }

        return [];
    }

    private static long Number(ReadOnlySpan<byte> message, int field)
    {
        var reader = new ProtobufReader(message);
        while (reader.Read())
        {
            if (reader.Field == field) return (long)reader.Number;
        }

        return 0;
    }

    // The element type lies two messages down, in ValueInfoProto.type.tensor_type.elem_type.
    private static ReadOnlySpan<byte> InHalf(ReadOnlySpan<byte> message, int depth)
    {
        int[] path = [ValueType, TypeTensor, TensorElement];
        var writer = new ProtobufWriter();
        var reader = new ProtobufReader(message);
        while (reader.Read())
        {
            if (reader.Field != path[depth]) writer.Copy(reader.Whole);
            else if (depth == path.Length - 1) writer.Add(reader.Field, Half);
            else writer.Add(reader.Field, InHalf(reader.Bytes, depth + 1));
        }

        return writer.Bytes;
    }
}
