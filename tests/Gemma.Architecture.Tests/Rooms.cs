namespace Gemma.Architecture.Tests;

/// <summary>
/// The rooms of each assembly in the order the data walks through them: a room may use itself and what stands before it. Rooms of one line are neighbours that
/// do not know each other.
/// </summary>
internal static class Rooms
{
    public static IReadOnlyDictionary<string, string[][]> Order { get; } = new Dictionary<string, string[][]>
    {
        ["Gemma.Tokenization"] = [["Gemma"], ["Gemma.IO"], ["Gemma.Json"], ["Gemma.Tokenization.BytePairs"], ["Gemma.Tokenization.Files"],
            ["Gemma.Tokenization"]],
        ["Gemma.Runtime"] =
        [
            ["Gemma"],
            ["Gemma.Runtime.Diagnostics"],
            ["Gemma.Runtime.Models.Architecture"],
            ["Gemma.Runtime.Models"],
            ["Gemma.Runtime.Prompts.Jinja.Python"],
            ["Gemma.Runtime.Prompts.Jinja.Values"],
            ["Gemma.Runtime.Prompts.Jinja.Operators"],
            ["Gemma.Runtime.Prompts.Jinja.Methods"],
            ["Gemma.Runtime.Prompts.Jinja.Filters"],
            ["Gemma.Runtime.Prompts.Jinja.Tree"],
            ["Gemma.Runtime.Prompts.Jinja.Syntax"],
            ["Gemma.Runtime.Prompts.Jinja"],
            ["Gemma.Runtime.Prompts"],
            ["Gemma.Runtime.Prompts.Tools"],
            ["Gemma.Runtime.Engines.Native", "Gemma.Runtime.Engines.Processors"],
            ["Gemma.Runtime.Engines"],
            ["Gemma.Runtime.Engines.Providers"],
            ["Gemma.Runtime.Engines.OnnxRuntime.Memory", "Gemma.Runtime.Engines.OnnxRuntime.Caches"],
            ["Gemma.Runtime.Engines.OnnxRuntime", "Gemma.Runtime.Engines.GenAI"],
            ["Gemma.Runtime.Engines.OnnxRuntime.Prepacking"],
            ["Gemma.Runtime.Engines.Selection"],
            ["Gemma.Runtime.Generation"],
            ["Gemma.Runtime"],
            ["Gemma.Runtime.Inputs"],
            ["Gemma.Runtime.Chat", "Gemma.Runtime.Classification", "Gemma.Runtime.Embeddings"],
        ],
        ["Gemma.Conversion"] =
        [
            ["Gemma.Conversion.Graph.Onnx", "Gemma.Conversion.Checkpoints.Gguf.Blocks"],
            ["Gemma.Conversion.Checkpoints.Tensors"],
            ["Gemma.Conversion.Quantization"],
            ["Gemma.Conversion"],
            [
                "Gemma.Conversion.Checkpoints.Safetensors", "Gemma.Conversion.Checkpoints.Torch", "Gemma.Conversion.Checkpoints.Flax",
                "Gemma.Conversion.Checkpoints.Google", "Gemma.Conversion.Checkpoints.Orbax",
                "Gemma.Conversion.Checkpoints.Gguf",
            ],
            ["Gemma.Conversion.Checkpoints"],
            ["Gemma.Conversion.Checkpoints.Adapters"],
            ["Gemma.Conversion.Hub", "Gemma.Conversion.Weights"],
            ["Gemma.Conversion.Graph"],
            ["Gemma.Conversion.Calibration"],
            ["Gemma.Conversion.Heads"],
            ["Gemma.Conversion.Packaging"],
            ["Gemma.Conversion.Inspection"],
        ],
        ["Gemma.SemanticKernel"] =
        [
            ["Gemma.SemanticKernel"],
            ["Gemma.SemanticKernel.Hosting", "Gemma.SemanticKernel.TextGeneration"],
            ["Gemma.SemanticKernel.Classification", "Gemma.SemanticKernel.HealthChecks"],
            ["Gemma.SemanticKernel.DependencyInjection"],
        ],
        ["Gemma.Server"] =
        [
            ["Gemma.Server"],
            ["Gemma.Server.Errors"],
            ["Gemma.Server.Catalog", "Gemma.Server.Security"],
            ["Gemma.Server.Metrics"],
            ["Gemma.Server.Http"],
            ["Gemma.Server.Health", "Gemma.Server.Hosting", "Gemma.Server.OpenApi", "Gemma.Server.Page", "Gemma.Server.Streaming"],
            ["Gemma.Server.OpenAI"],
            ["Gemma.Server.Heads", "Gemma.Server.Ollama", "Gemma.Server.Responses", "Gemma.Server.Tokenization"],
            ["Gemma.Server.Tei"],
        ],
        ["Gemma.Router"] =
        [
            ["Gemma.Router"],
            ["Gemma.Router.Http", "Gemma.Router.Proxying"],
            ["Gemma.Router.Affinity", "Gemma.Router.Health"],
            ["Gemma.Router.Retries"],
        ],
        ["gemma"] =
        [
            ["Gemma.Cli.Infrastructure", "Gemma.Cli.Benchmarks"],
            ["Gemma.Cli.Chat", "Gemma.Cli.Classification", "Gemma.Cli.Hub", "Gemma.Cli.Tokenize"],
            ["Gemma.Cli.Jobs"],
            ["Gemma.Cli.Commands"],
            ["Gemma.Cli"],
        ],
    };

    /// <summary>Which of our assemblies each of them may use.</summary>
    public static IReadOnlyDictionary<string, string[]> Projects { get; } = new Dictionary<string, string[]>
    {
        ["Gemma.Tokenization"] = [],
        ["Gemma.Runtime"] = ["Gemma.Tokenization"],
        ["Gemma.Conversion"] = ["Gemma.Tokenization", "Gemma.Runtime"],
        ["Gemma.SemanticKernel"] = ["Gemma.Tokenization", "Gemma.Runtime", "Gemma.Conversion"],
        ["Gemma.Server"] = ["Gemma.Tokenization", "Gemma.Runtime", "Gemma.Conversion", "Gemma.SemanticKernel"],
        ["Gemma.Router"] = [],
        ["Gemma.Jobs"] = ["Gemma.Tokenization", "Gemma.Runtime"],
        ["Gemma.Jobs.Cluster"] = ["Gemma.Tokenization", "Gemma.Runtime", "Gemma.Jobs"],
        ["gemma"] = ["Gemma.Tokenization", "Gemma.Runtime", "Gemma.Conversion", "Gemma.SemanticKernel", "Gemma.Server", "Gemma.Router", "Gemma.Jobs",
            "Gemma.Jobs.Cluster"],
    };

    /// <summary>Libraries that belong to some assemblies only, and those assemblies.</summary>
    public static IReadOnlyDictionary<string, string[]> Libraries { get; } = new Dictionary<string, string[]>
    {
        ["Microsoft.ML.OnnxRuntime"] = ["Gemma.Runtime", "Gemma.Conversion"],
        ["Google.Protobuf"] = ["Gemma.Conversion"],
        ["Microsoft.SemanticKernel."] = ["Gemma.SemanticKernel"],
        ["Microsoft.AspNetCore."] = ["Gemma.Server", "Gemma.Router", "gemma"],
        ["Spectre.Console"] = ["gemma"],
        ["System.CommandLine"] = ["gemma"],
        ["Yarp."] = ["Gemma.Router"],
        ["Orleans."] = ["Gemma.Jobs.Cluster"],
        ["Parquet"] = ["Gemma.Jobs"],
    };

    /// <summary>A namespace's room: the longest name on the list that it begins with, and its line.</summary>
    public static (string Room, int Line)? Find(string[][] order, string name)
    {
        (string Room, int Line)? best = null;
        for (var line = 0; line < order.Length; line++)
        {
            foreach (var room in order[line])
            {
                if ((name == room || name.StartsWith(room + ".", StringComparison.Ordinal)) && (best is null || room.Length > best.Value.Room.Length))
                    best = (room, line);
            }
        }

        return best;
    }
}
