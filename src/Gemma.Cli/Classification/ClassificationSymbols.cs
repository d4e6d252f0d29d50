using System.CommandLine;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime;
using Gemma.Runtime.Classification;
using Gemma.Tokenization;

namespace Gemma.Cli.Classification;

/// <summary>The options of <c>gemma classify</c>.</summary>
internal sealed class ClassificationSymbols
{
    private readonly Option<string?> _head = new("--head") { Description = "The head's name; default: the package's only one, or the checkpoint's own." };
    private readonly Option<string?> _labels = new("--labels")
    {
        Description = "Labels to choose from, with commas between: asks a chat model, without a head.",
    };
    private readonly Option<string?> _prompt = new("--prompt") { Description = "The question for --labels, with {text}, {text_pair} and {labels}." };
    private readonly Option<int?> _maxLength = new("--max-length") { Description = "The most tokens of a text." };
    private readonly Option<TokenizerSide?> _truncate = new("--truncate") { Description = "Cut longer texts on the left or right; default: they are errors." };
    private readonly Option<float> _threshold = new("--threshold")
    {
        Description = "The score from which a label of several counts as given.",
        DefaultValueFactory = _ => 0.5f,
    };
    private readonly Option<float> _temperature = new("--temperature")
    {
        Description = "Divides the logits before probabilities are computed.",
        DefaultValueFactory = _ => 1,
    };
    private readonly Option<bool> _controlTokens = new("--recognize-control-tokens")
    {
        Description = "Words such as <end_of_turn> in a text count as control tokens, as in transformers.",
    };
    private readonly Option<string?> _evaluate = new("--evaluate")
    {
        Description = "A JSON Lines file with the right label (or labels, or number) of each text: prints how good the classifier is.",
    };
    private readonly Option<bool> _json = new("--json") { Description = "JSON Lines instead of a table." };

    /// <summary>Adds them to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="isJob">Whether it is a job's, which has its own ways out.</param>
    public ClassificationSymbols(Command command, bool isJob = false)
    {
        foreach (var option in (Option[])[_head, _labels, _prompt, _maxLength, _truncate, _threshold, _temperature, _controlTokens]) command.Add(option);
        if (isJob) return;
        command.Add(_evaluate);
        command.Add(_json);
    }

    /// <summary>The head's name, or null.</summary>
    public string? Head(ParseResult parsed) => parsed.GetValue(_head);

    /// <summary>Whether labels are compared by the chat model, without a head.</summary>
    public bool IsZeroShot(ParseResult parsed) => parsed.GetValue(_labels) is not null;

    /// <summary>The file to evaluate, or null.</summary>
    public string? Evaluate(ParseResult parsed) => parsed.GetValue(_evaluate);

    /// <summary>Whether results are JSON.</summary>
    public bool Json(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>The classification's options.</summary>
    public ClassificationOptions Options(ParseResult parsed) => new()
    {
        MaxLength = parsed.GetValue(_maxLength),
        TruncationSide = parsed.GetValue(_truncate),
        Threshold = parsed.GetValue(_threshold),
        Temperature = parsed.GetValue(_temperature),
        RecognizeControlTokens = parsed.GetValue(_controlTokens),
    };

    /// <summary>The classifier that is asked for: a head, or the chat model with labels.</summary>
    public ISequenceClassifier CreateClassifier(ParseResult parsed, GemmaModel model)
    {
        if (parsed.GetValue(_labels) is not { } labels)
        {
            return parsed.GetValue(_prompt) is null
                ? new GemmaSequenceClassifier(model, Head(parsed))
                : throw new UsageException("--prompt is the question for --labels; a head asks none.");
        }
        if (Head(parsed) is not null) throw new UsageException("--head and --labels exclude each other: a head brings its own labels.");
        var options = new ZeroShotOptions { Labels = labels.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) };
        return new ZeroShotClassifier(model, parsed.GetValue(_prompt) is { } prompt ? options with { Prompt = prompt } : options);
    }
}
