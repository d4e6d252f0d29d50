using System.CommandLine;
using Gemma.Runtime;
using Gemma.Runtime.Engines;

namespace Gemma.Cli.Infrastructure;

/// <summary>The argument and the options of every command that opens a model.</summary>
internal sealed class ModelSymbols
{
    private readonly Argument<string> _package = new("PACKAGE") { Description = "A model package, made by 'gemma convert'." };
    private readonly Option<int> _threads = new("--threads") { Description = "Threads of one pass; 0: chosen for this machine ('gemma info --devices' says how)." };
    private readonly Option<int?> _context = new("--context") { Description = "The most tokens of prompt and answer together." };
    private readonly Option<GemmaEngine?> _engine = new("--engine") { Description = "onnxruntime or genai." };
    private readonly Option<GemmaDevice> _device = new("--device") { Description = "cpu, cuda or auto." };
    private readonly Option<int> _deviceIndex = new("--device-index") { Description = "Which of several GPUs, from 0." };
    private readonly Option<string?> _genAIFolder = new("--genai-folder") { Description = "The folder with the native library of ONNX Runtime GenAI." };
    private readonly Option<GemmaSampler> _sampler = new("--sampler") { Description = "Where tokens are chosen: auto, host or device; genai only." };
    private readonly Option<bool> _prefillGraph = new("--prefill-graph") { Description = "Read prompts with the package's second graph ('gemma convert --prefill w8a8')." };
    private readonly Option<bool> _prepack = new("--prepack") { Description = "At the first load, write the weights as packed for this processor into the package: processes share them." };

    /// <summary>Adds them to a command.</summary>
    public ModelSymbols(Command command)
    {
        command.Add(_package);
        command.Add(_threads);
        command.Add(_context);
        command.Add(_engine);
        command.Add(_device);
        command.Add(_deviceIndex);
        command.Add(_genAIFolder);
        command.Add(_sampler);
        command.Add(_prefillGraph);
        command.Add(_prepack);
    }

    /// <summary>The package's path.</summary>
    public string Package(ParseResult parsed) => parsed.GetRequiredValue(_package);

    /// <summary>Opens the model; warnings go to the error stream.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="console">The streams.</param>
    /// <param name="cancellationToken">Stops the loading.</param>
    /// <param name="beyondTraining">Whether sequences may become as long as the graph can compute, where no length is given.</param>
    public async Task<GemmaModel> LoadAsync(ParseResult parsed, CommandConsole console, CancellationToken cancellationToken, bool beyondTraining = false)
    {
        using var loggers = LoggerFactory(console, parsed);
        return await GemmaModel.LoadAsync(Package(parsed), Options(parsed, beyondTraining), loggers, null, cancellationToken);
    }

    private static TerminalLoggerFactory LoggerFactory(CommandConsole console, ParseResult parsed) => new(console.Error, parsed.GetValue<bool>("--verbose"));

    private GemmaModelOptions Options(ParseResult parsed, bool beyondTraining) => new()
    {
        Threads = parsed.GetValue(_threads),
        ContextLength = parsed.GetValue(_context) ?? (beyondTraining ? int.MaxValue : null),
        Engine = parsed.GetValue(_engine),
        Device = parsed.GetValue(_device),
        DeviceIndex = parsed.GetValue(_deviceIndex),
        GenAIFolder = parsed.GetValue(_genAIFolder),
        Sampler = parsed.GetValue(_sampler),
        UsePrefillGraph = parsed.GetValue(_prefillGraph),
        PrepackWeights = parsed.GetValue(_prepack),
        MaxQueueLength = int.MaxValue,
    };
}
