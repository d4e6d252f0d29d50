using System.Text;
using Gemma.IO;

namespace Gemma.Runtime.Engines.OnnxRuntime.Caches;

/// <summary>A node of an ONNX graph. Source: <c>onnx.proto</c>, NodeProto and AttributeProto.</summary>
internal sealed class OnnxNode
{
    public const string MicrosoftDomain = "com.microsoft";

    private const int InputField = 1;
    private const int OutputField = 2;
    private const int NameField = 3;
    private const int OperatorField = 4;
    private const int AttributeField = 5;
    private const int DomainField = 7;
    private const int AttributeName = 1;
    private const int AttributeNumber = 3;
    private const int AttributeType = 20;
    private const int NumberType = 2;

    private readonly List<(string Name, byte[] Message)> _attributes = [];
    private readonly Dictionary<string, long> _numbers = new(StringComparer.Ordinal);

    public OnnxNode(string operation, string name, string[] inputs, string[] outputs, string domain = "")
    {
        (Operation, Name, Domain) = (operation, name, domain);
        Inputs.AddRange(inputs);
        Outputs.AddRange(outputs);
    }

    private OnnxNode(ReadOnlySpan<byte> message)
    {
        var reader = new ProtobufReader(message);
        while (reader.Read())
        {
            switch (reader.Field)
            {
                case InputField:
                    Inputs.Add(Encoding.UTF8.GetString(reader.Bytes));
                    break;
                case OutputField:
                    Outputs.Add(Encoding.UTF8.GetString(reader.Bytes));
                    break;
                case NameField:
                    Name = Encoding.UTF8.GetString(reader.Bytes);
                    break;
                case OperatorField:
                    Operation = Encoding.UTF8.GetString(reader.Bytes);
                    break;
                case AttributeField:
                    ReadAttribute(reader.Bytes);
                    break;
                case DomainField:
                    Domain = Encoding.UTF8.GetString(reader.Bytes);
                    break;
            }
        }
    }

    public string Operation { get; } = string.Empty;

    public string Name { get; } = string.Empty;

    public string Domain { get; } = string.Empty;

    /// <summary>The inputs; an empty name stands for none.</summary>
    public List<string> Inputs { get; } = [];

    public List<string> Outputs { get; } = [];

    /// <summary>Reads a node.</summary>
    public static OnnxNode Parse(ReadOnlySpan<byte> message) => new(message);

    /// <summary>A whole number among the attributes.</summary>
    public long Number(string attribute, long otherwise) => _numbers.GetValueOrDefault(attribute, otherwise);

    /// <summary>Adds a whole number to the attributes.</summary>
    public OnnxNode With(string attribute, long number)
    {
        _attributes.Add((attribute,
            new ProtobufWriter().Add(AttributeName, attribute).Add(AttributeNumber, number).Add(AttributeType, NumberType).Bytes.ToArray()));
        return this;
    }

    /// <summary>The same operation with other inputs and outputs, without some attributes.</summary>
    public OnnxNode Like(string[] inputs, string[] outputs, params ReadOnlySpan<string> without)
    {
        var node = new OnnxNode(Operation, Name, inputs, outputs, Domain);
        foreach (var attribute in _attributes)
        {
            if (!without.Contains(attribute.Name)) node._attributes.Add(attribute);
        }

        return node;
    }

    /// <summary>The node as a message.</summary>
    public ReadOnlySpan<byte> ToMessage()
    {
        var writer = new ProtobufWriter();
        foreach (var input in Inputs) writer.Add(InputField, input);
        foreach (var output in Outputs) writer.Add(OutputField, output);
        writer.Add(NameField, Name).Add(OperatorField, Operation);
        foreach (var (_, message) in _attributes) writer.Add(AttributeField, message);
        if (Domain.Length > 0) writer.Add(DomainField, Domain);
        return writer.Bytes;
    }

    private void ReadAttribute(ReadOnlySpan<byte> message)
    {
        var (name, number) = (string.Empty, 0L);
        var reader = new ProtobufReader(message);
        while (reader.Read())
        {
            if (reader.Field == AttributeName) name = Encoding.UTF8.GetString(reader.Bytes);
            else if (reader.Field == AttributeNumber) number = (long)reader.Number;
        }

        _attributes.Add((name, message.ToArray()));
        _numbers[name] = number;
    }
}
