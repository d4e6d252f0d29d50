using System.CommandLine;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Models;

namespace Gemma.Cli.Infrastructure;

/// <summary>The options of every command that computes with a model: what computes it, where and how.</summary>
internal sealed class EngineSymbols
{
    private readonly Option<int> _threads = new("--threads")
    {
        Description = "Threads of one pass; 0: chosen for this machine ('gemma info --devices' says how).",
    };
    private readonly Option<GemmaEngine?> _engine = new("--engine") { Description = "onnxruntime or genai." };
    private readonly Option<GemmaDevice> _device = new("--device") { Description = "cpu, cuda or auto." };
    private readonly Option<int> _deviceIndex = new("--device-index") { Description = "Which of several GPUs, from 0." };
    private readonly Option<string?> _genAIFolder = new("--genai-folder") { Description = "The folder with the native library of ONNX Runtime GenAI." };
    private readonly Option<SamplingPlace> _sampling = new("--sampling", "--sampler")
    {
        Description = "Where tokens are chosen: auto, host or device; genai only.",
    };
    private readonly Option<CachePrecision> _cachePrecision = new("--cache-precision")
    {
        Description = "Number type of keys and values: package (as its graph computes) or fp16, half the memory; onnxruntime on a CPU.",
    };
    private readonly Option<bool> _prefillGraph = new("--prefill-graph")
    {
        Description = "Read prompts with the package's second graph ('gemma convert --prefill w8a8').",
    };
    private readonly Option<bool> _prepack = new("--prepack")
    {
        Description = "At the first load, write the weights as packed for this processor into the package: processes share them.",
    };

    /// <summary>Adds them to a command.</summary>
    public EngineSymbols(Command command)
    {
        Option[] options = [_threads, _engine, _device, _deviceIndex, _genAIFolder, _sampling, _cachePrecision, _prefillGraph, _prepack];
        foreach (var option in options) command.Add(option);
    }

    /// <summary>What the command line asks for.</summary>
    public EngineOptions Options(ParseResult parsed) => new()
    {
        Kind = parsed.GetValue(_engine),
        Device = parsed.GetValue(_device),
        DeviceIndex = parsed.GetValue(_deviceIndex),
        GenAIFolder = parsed.GetValue(_genAIFolder),
        Sampling = parsed.GetValue(_sampling),
        Threads = parsed.GetValue(_threads),
        CachePrecision = parsed.GetValue(_cachePrecision),
        UsePrefillGraph = parsed.GetValue(_prefillGraph),
        PrepackWeights = parsed.GetValue(_prepack),
    };
}
