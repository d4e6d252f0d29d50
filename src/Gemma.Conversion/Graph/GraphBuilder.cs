using System.Globalization;
using System.Runtime.InteropServices;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Graph.Onnx;
using Gemma.Conversion.Weights;
using Google.Protobuf;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Graph;

/// <summary>Collects the nodes, initializers, inputs and outputs of an ONNX graph.</summary>
internal sealed class GraphBuilder(string dataFile)
{
    public const string MicrosoftDomain = "com.microsoft";

    private const int IrVersion = 10;
    private const int OperatorSet = 22;

    private readonly GraphProto _graph = new() { Name = "main_graph" };
    private readonly HashSet<string> _constants = new(StringComparer.Ordinal);
    private GraphProto? _branch;

    /// <summary>Adds a node with one output, which is named after it.</summary>
    /// <returns>The output's name.</returns>
    public string Node(string operation, string name, string[] inputs, string domain = "", params AttributeProto[] attributes)
    {
        var output = name + "/output_0";
        Add(operation, name, inputs, [output], domain, attributes);
        return output;
    }

    /// <summary>Adds a node with named outputs.</summary>
    public void Add(string operation, string name, string[] inputs, string[] outputs, string domain = "", params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = operation, Name = name };
        if (domain.Length > 0) node.Domain = domain;
        node.Input.Add(inputs);
        node.Output.Add(outputs);
        node.Attribute.Add(attributes);
        (_branch ?? _graph).Node.Add(node);
    }

    /// <summary>Adds a choice of two values, of which only the chosen one is computed.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="condition">A truth value.</param>
    /// <param name="type">The values' type.</param>
    /// <param name="then">Adds the nodes of the value where the condition holds, and returns its name.</param>
    /// <param name="otherwise">The same where it does not.</param>
    /// <returns>The output's name.</returns>
    /// <remarks>Weights and constants of both stay in the graph, which its parts see.</remarks>
    public string If(string name, string condition, DataType type, Func<string> then, Func<string> otherwise) =>
        Node("If", name, [condition], attributes: [Branch("then_branch", name, type, then), Branch("else_branch", name, type, otherwise)]);

    /// <summary>An integer constant, stored once: a scalar, or a vector if <paramref name="vector"/>.</summary>
    public string Constant(long value, bool vector = false)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"/model/constants/INT64/{(vector ? $"[{value}]" : $"{value}")}");
        if (_constants.Add(name)) Initializer(name, DataType.Int64, vector ? [1] : [], MemoryMarshal.AsBytes<long>([value]));
        return name;
    }

    /// <summary>A constant list of integers, such as a shape, stored once.</summary>
    public string Constants(params long[] values)
    {
        var name = $"/model/constants/INT64/[{string.Join(", ", values)}]";
        if (_constants.Add(name)) Initializer(name, DataType.Int64, [values.Length], MemoryMarshal.AsBytes<long>(values));
        return name;
    }

    /// <summary>A number constant in the graph's type, stored once.</summary>
    public string Constant(float value, DataType type)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"/model/constants/{type.ToString().ToUpperInvariant()}/{value}");
        if (!_constants.Add(name)) return name;
        var bytes = new byte[ElementTypes.Size(type)];
        ElementTypes.Round([value], type, bytes);
        Initializer(name, type, [], bytes);
        return name;
    }

    /// <summary>A vector of one number in the graph's type, stored once.</summary>
    public string Constant(float value, DataType type, int count)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"/model/constants/{type.ToString().ToUpperInvariant()}/[{count}x{value}]");
        if (!_constants.Add(name)) return name;
        var bytes = new byte[count * ElementTypes.Size(type)];
        ElementTypes.Round([.. Enumerable.Repeat(value, count)], type, bytes);
        Initializer(name, type, [count], bytes);
        return name;
    }

    /// <summary>A byte constant, stored once.</summary>
    public string ByteConstant(byte value)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"/model/constants/UINT8/{value}");
        if (_constants.Add(name)) Initializer(name, DataType.Uint8, [], [value]);
        return name;
    }

    /// <summary>An initializer inside the graph file.</summary>
    public void Initializer(string name, DataType type, long[] dimensions, ReadOnlySpan<byte> content)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(content) };
        tensor.Dims.Add(dimensions);
        _graph.Initializer.Add(tensor);
    }

    /// <summary>An initializer in the weight file.</summary>
    /// <returns>Its name.</returns>
    public string Weight(ExternalTensor weight)
    {
        var tensor = new TensorProto { Name = weight.Name, DataType = (int)weight.DataType, DataLocation = TensorProto.Types.DataLocation.External };
        tensor.Dims.Add(weight.Dimensions);
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = dataFile });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = weight.Offset.ToString(CultureInfo.InvariantCulture) });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = weight.Length.ToString(CultureInfo.InvariantCulture) });
        _graph.Initializer.Add(tensor);
        return weight.Name;
    }

    /// <summary>A graph input; dimensions are numbers or names.</summary>
    public string Input(string name, DataType type, params object[] dimensions)
    {
        _graph.Input.Add(Value(name, type, dimensions));
        return name;
    }

    /// <summary>A graph output; dimensions are numbers or names.</summary>
    public string Output(string name, DataType type, params object[] dimensions)
    {
        _graph.Output.Add(Value(name, type, dimensions));
        return name;
    }

    /// <summary>The finished model.</summary>
    public ModelProto Build()
    {
        var model = new ModelProto { IrVersion = IrVersion, ProducerName = "Gemma.Conversion", ProducerVersion = ConverterVersion.Value, Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = string.Empty, Version = OperatorSet });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = MicrosoftDomain, Version = 1 });
        return model;
    }

    private AttributeProto Branch(string attribute, string node, DataType type, Func<string> emit)
    {
        var (outer, branch) = (_branch, new GraphProto { Name = $"{node}/{attribute}" });
        _branch = branch;
        try
        {
            branch.Output.Add(new ValueInfoProto { Name = emit(), Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type } } });
        }
        finally
        {
            _branch = outer;
        }

        return new AttributeProto { Name = attribute, Type = AttributeProto.Types.AttributeType.Graph, G = branch };
    }

    public static AttributeProto Attribute(string name, long value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    public static AttributeProto Attribute(string name, float value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = value };

    public static AttributeProto Attribute(string name, string value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.String, S = ByteString.CopyFromUtf8(value) };

    private static ValueInfoProto Value(string name, DataType type, object[] dimensions)
    {
        var shape = new TensorShapeProto();
        foreach (var dimension in dimensions)
        {
            shape.Dim.Add(dimension is string parameter
                ? new TensorShapeProto.Types.Dimension { DimParam = parameter }
                : new TensorShapeProto.Types.Dimension { DimValue = Convert.ToInt64(dimension, CultureInfo.InvariantCulture) });
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } } };
    }
}
