using Gemma.Runtime.Generation.BeamSearch;
using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Generation.Sampling;
using Gemma.Runtime.Generation.Stopping;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Generation.Requests;

/// <summary>A checked request: everything that can be wrong with it is found before anything is computed.</summary>
internal sealed class GenerationPlan
{
    /// <summary>Checks a request.</summary>
    /// <param name="prompt">The prompt's tokens, left padding included.</param>
    /// <param name="defaults">The model's options.</param>
    /// <param name="request">The caller's.</param>
    /// <param name="limits">The model's sizes.</param>
    /// <param name="fillsContext">Whether a request without any length may fill the context; otherwise it gets transformers' 20 tokens.</param>
    /// <exception cref="InvalidGenerationConfigException">An option is out of range or contradicts another.</exception>
    /// <exception cref="GemmaContextLengthException">Prompt and output do not fit the context.</exception>
    public GenerationPlan(int[] prompt, GenerationConfig defaults, GenerationRequest request, ModelLimits limits, bool fillsContext = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(request.LeftPadding, nameof(request));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(request.LeftPadding, prompt.Length, nameof(request));
        if (request.Timeout is { } timeout) ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero, nameof(request.Timeout));
        Prompt = prompt;
        Request = request;
        Limits = limits;
        Config = request.Config is { } own ? defaults.Merge(own) : defaults;
        Sequences = Config.NumReturnSequences ?? 1;

        // The options are those of one search then, which runs as often.
        if (request.RepeatsGreedySearch && !IsBeamSearch && Sequences > 1) Config = Config with { NumReturnSequences = null };
        Config.Validate();
        var maxLength = new GenerationLimits(limits.ContextLength, limits.MaxPositionEmbeddings)
            .MaxLength(defaults, request.Config, prompt.Length, request.LeftPadding, fillsContext);
        Context = new SelectionContext(limits.VocabularySize, prompt.Length,
            [.. (Config.EosTokenId ?? []).Where(id => id < limits.VocabularySize)], maxLength, request.LeftPadding);
        if (Config.StopStrings is { } texts)
        {
            StopStrings = new StopStrings(texts, limits.Tokenizer
                ?? throw new InvalidGenerationConfigException("stop_strings", "the package has no tokenizer to find texts with; leave the option out"));
        }
        if (IsBeamSearch && request.CreateConstraint is not null)
            throw new InvalidGenerationConfigException("num_beams", "beams cannot follow a response format or a required call; leave one of them out");
    }

    /// <summary>The prompt's tokens, left padding included.</summary>
    public int[] Prompt { get; }

    /// <summary>What the caller asked for.</summary>
    public GenerationRequest Request { get; }

    /// <summary>The model's sizes.</summary>
    public ModelLimits Limits { get; }

    /// <summary>The merged options.</summary>
    public GenerationConfig Config { get; }

    public SelectionContext Context { get; }

    /// <summary>Finds stop strings in whole sequences, or null without any.</summary>
    public StopStrings? StopStrings { get; }

    /// <summary>Tokens of the prompt that the model sees.</summary>
    public int InputTokens => Prompt.Length - Context.LeftPadding;

    /// <summary>Sequences to return.</summary>
    public int Sequences { get; }

    /// <summary>Whether the sequences are searched for, and so end together.</summary>
    public bool IsBeamSearch => Config.NumBeams > 1;

    /// <summary>What makes text of one sequence. A stop text inside a constrained answer would break what is whole only at its end.</summary>
    public SequenceText CreateText(ITokenConstraint? constraint) =>
        new(constraint is { IsWhole: true } ? [] : Config.StopStrings ?? [], Limits.Tokenizer, Request.IncludeSpecialTokens, Request.Marks);

    /// <summary>The search for the sequences.</summary>
    public BeamSearchJob CreateSearch(CancellationToken cancellationToken) =>
        new(Prompt, Config, Context, StopStrings is { } stops ? stops.IsIn : null, cancellationToken);

    /// <summary>Whether a beam ended by itself.</summary>
    public bool IsStopped(Beam beam) =>
        beam.Parents.Length > 0 && (Context.StopIds.Contains(beam.Tokens[^1]) || StopStrings?.IsIn(beam.Tokens.AsSpan(Prompt.Length)) == true);
}
