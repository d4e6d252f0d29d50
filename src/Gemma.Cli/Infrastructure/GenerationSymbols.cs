using System.CommandLine;
using System.Text.Json;
using Gemma.Runtime.Models;

namespace Gemma.Cli.Infrastructure;

/// <summary>Options that choose how text is generated; each line's own options win over them.</summary>
internal sealed class GenerationSymbols
{
    private readonly Option<int?> _maxNewTokens = new("--max-new-tokens") { Description = "The most new tokens; default: the package's, else 20." };
    private readonly Option<int?> _minNewTokens = new("--min-new-tokens") { Description = "No stop token before so many new tokens." };
    private readonly Option<bool?> _doSample = new("--do-sample")
    {
        Description = "Draw tokens at random instead of taking the best.",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private readonly Option<double?> _temperature = new("--temperature") { Description = "Divides the scores when sampling." };
    private readonly Option<int?> _topK = new("--top-k") { Description = "How many of the best tokens stay eligible when sampling; 0 is all." };
    private readonly Option<double?> _topP = new("--top-p") { Description = "The probability mass that stays eligible when sampling." };
    private readonly Option<double?> _minP = new("--min-p") { Description = "The least probability when sampling, as a share of the best token's." };
    private readonly Option<double?> _repetitionPenalty = new("--repetition-penalty") { Description = "Above 1 makes tokens that occurred less likely." };
    private readonly Option<int?> _numBeams = new("--num-beams") { Description = "Beams of the search." };
    private readonly Option<int?> _numReturnSequences = new("--num-return-sequences") { Description = "Sequences per line; needs beams or sampling." };
    private readonly Option<long?> _seed = new("--seed") { Description = "Makes sampling repeatable." };
    private readonly Option<string?> _options = new("--options") { Description = "A JSON object with any options of transformers' generation_config.json." };

    /// <summary>Adds them to a command.</summary>
    public GenerationSymbols(Command command)
    {
        foreach (var option in (Option[])[_maxNewTokens, _minNewTokens, _doSample, _temperature, _topK, _topP, _minP, _repetitionPenalty, _numBeams,
            _numReturnSequences, _seed, _options]) command.Add(option);
    }

    /// <summary>The options that the command line sets.</summary>
    public GenerationConfig Read(ParseResult parsed)
    {
        var single = new GenerationConfig
        {
            MaxNewTokens = parsed.GetValue(_maxNewTokens),
            MinNewTokens = parsed.GetValue(_minNewTokens),
            DoSample = parsed.GetValue(_doSample),
            Temperature = parsed.GetValue(_temperature),
            TopK = parsed.GetValue(_topK),
            TopP = parsed.GetValue(_topP),
            MinP = parsed.GetValue(_minP),
            RepetitionPenalty = parsed.GetValue(_repetitionPenalty),
            NumBeams = parsed.GetValue(_numBeams),
            NumReturnSequences = parsed.GetValue(_numReturnSequences),
            Seed = parsed.GetValue(_seed),
        };
        if (parsed.GetValue(_options) is not { } text) return single;
        try
        {
            using var document = JsonDocument.Parse(text);
            return GenerationConfig.Parse(document.RootElement).Merge(single);
        }
        catch (JsonException e)
        {
            throw new UsageException("--options: this is not JSON; give an object such as '{\"num_beams\": 4}'.", e);
        }
    }
}
