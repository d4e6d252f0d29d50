using System.Globalization;
using Gemma.Conversion.Graph.Onnx;
using Gemma.Runtime.Engines.OnnxRuntime.Memory;
using Gemma.Runtime.Engines.Processors;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace Gemma.Benchmarks.Engines;

/// <summary>The blockwise quantised matrices of a package's graph and nothing else: each multiplies numbers of its own, in the order of the graph.</summary>
internal sealed class MatricesGraph : IDisposable
{
    private const string Operator = "MatMulNBits";

    private readonly InferenceSession _session;
    private readonly OrtIoBinding _binding;
    private readonly RunOptions _run = new();
    private readonly List<OrtValue> _values = [];

    /// <summary>Opens the matrices as the engine opens the whole graph.</summary>
    /// <param name="modelPath">The package's graph.</param>
    /// <param name="rows">Rows that each matrix multiplies.</param>
    /// <param name="threads">How a pass is computed.</param>
    /// <exception cref="EngineException">The graph has none.</exception>
    public MatricesGraph(string modelPath, int rows, ThreadSettings threads)
    {
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(modelPath));
        NodeProto[] nodes = [.. model.Graph.Node.Where(node => node.OpType == Operator)];
        if (nodes.Length == 0) throw new EngineException($"{modelPath} has no {Operator}: blockwise int4 and int8 are measured here.");
        var weights = nodes.SelectMany(node => node.Input.Skip(1)).ToHashSet(StringComparer.Ordinal);
        var kept = model.Graph.Initializer.Where(tensor => weights.Contains(tensor.Name)).ToArray();
        Bytes = kept.Sum(tensor => Length(tensor));
        Keep(model.Graph, nodes, kept);
        _session = Open(model, Path.GetDirectoryName(Path.GetFullPath(modelPath))!, threads);
        _binding = _session.CreateIoBinding();
        foreach (var width in nodes.Select(node => Number(node, "K")).Distinct()) _binding.BindInput(Input(width), Value(rows, width));
        foreach (var node in nodes) _binding.BindOutput(node.Output[0], Value(rows, Number(node, "N")));
    }

    /// <summary>Bytes of the matrices with their scales.</summary>
    public long Bytes { get; }

    /// <summary>Multiplies by each once.</summary>
    public void Run() => _session.RunWithBinding(_run, _binding);

    public void Dispose()
    {
        _binding.Dispose();
        foreach (var value in _values) value.Dispose();
        _run.Dispose();
        _session.Dispose();
    }

    private static void Keep(GraphProto graph, NodeProto[] nodes, TensorProto[] weights)
    {
        graph.Input.Clear();
        graph.Output.Clear();
        graph.Node.Clear();
        graph.Initializer.Clear();
        graph.Initializer.Add(weights);
        foreach (var width in nodes.Select(node => Number(node, "K")).Distinct()) graph.Input.Add(Numbers(Input(width), width));
        foreach (var node in nodes)
        {
            node.Input[0] = Input(Number(node, "K"));
            graph.Node.Add(node);
            graph.Output.Add(Numbers(node.Output[0], Number(node, "N")));
        }
    }

    private static InferenceSession Open(ModelProto model, string folder, ThreadSettings threads)
    {
        using var options = new SessionOptions { IntraOpNumThreads = threads.Threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", threads.Spinning ? "1" : "0");
        options.AddSessionConfigEntry("session.intra_op.spin_duration_us", ThreadSettings.SpinMicroseconds);
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", folder);
        if (EnvironmentAllocator.TryRegister()) options.AddSessionConfigEntry("session.use_env_allocators", "1");
        return new InferenceSession(model.ToByteArray(), options);
    }

    private static ValueInfoProto Numbers(string name, long width)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "rows" });
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = width });
        var type = new TypeProto.Types.Tensor { ElemType = (int)TensorProto.Types.DataType.Float, Shape = shape };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = type } };
    }

    private static string Input(long width) => string.Create(CultureInfo.InvariantCulture, $"rows_of_{width}");

    private static long Number(NodeProto node, string name) => node.Attribute.First(attribute => attribute.Name == name).I;

    private static long Length(TensorProto tensor) => tensor.ExternalData.FirstOrDefault(entry => entry.Key == "length") is { } length
        ? long.Parse(length.Value, CultureInfo.InvariantCulture)
        : tensor.RawData.Length;

    private OrtValue Value(int rows, long width)
    {
        var numbers = new float[rows * width];
        for (var i = 0; i < numbers.Length; i++) numbers[i] = MathF.Sin(i);
        _values.Add(OrtValue.CreateTensorValueFromMemory(numbers, [rows, width]));
        return _values[^1];
    }
}
