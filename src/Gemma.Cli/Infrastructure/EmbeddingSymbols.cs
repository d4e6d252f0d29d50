using System.CommandLine;
using System.Text.Json;
using Gemma.Runtime;
using Gemma.Runtime.Embeddings;
using Microsoft.Extensions.AI;

namespace Gemma.Cli.Infrastructure;

/// <summary>Options that choose how a vector is made.</summary>
internal sealed class EmbeddingSymbols
{
    private readonly Option<EmbeddingPooling?> _pooling = new("--pooling")
    {
        Description = "mean, lastToken, firstToken, max, meanSqrtLength or weightedMean; default: as the package's modules.json says, else mean.",
    };
    private readonly Option<string?> _prompt = new("--prompt") { Description = "The name of the prompt before each text, such as query or document." };
    private readonly Option<int?> _dimensions = new("--dimensions") { Description = "Keep only so many numbers of each vector." };
    private readonly Option<bool> _raw = new("--no-normalize") { Description = "Do not scale vectors to length 1." };
    private readonly Option<bool> _truncate = new("--truncate") { Description = "Cut texts beyond the context at their end." };

    /// <summary>Adds them to a command.</summary>
    public EmbeddingSymbols(Command command)
    {
        foreach (var option in (Option[])[_pooling, _prompt, _dimensions, _raw, _truncate]) command.Add(option);
    }

    /// <summary>Whether texts beyond the context are cut.</summary>
    public bool Truncate(ParseResult parsed) => parsed.GetValue(_truncate);

    /// <summary>The generator that is asked for.</summary>
    public GemmaEmbeddingGenerator CreateGenerator(ParseResult parsed, GemmaModel model) => new(model, new GemmaEmbeddingOptions
    {
        Pooling = parsed.GetValue(_pooling),
        Normalize = parsed.GetValue(_raw) ? false : null,
        Truncate = parsed.GetValue(_truncate),
        PromptName = parsed.GetValue(_prompt),
    });

    /// <summary>The options of each call.</summary>
    public EmbeddingGenerationOptions Options(ParseResult parsed) => new() { Dimensions = parsed.GetValue(_dimensions) };

    /// <summary>A vector.</summary>
    public static void Write(Utf8JsonWriter json, float[] vector)
    {
        json.WriteStartArray("embedding");
        foreach (var number in vector) json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
