using Gemma.Runtime.Prompts.Jinja;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts;

/// <summary>A template that a checkpoint, or an application, brings as text. Thread-safe: each rendering has its own state.</summary>
internal sealed class JinjaChatTemplate : IChatTemplate
{
    private readonly JinjaTemplate _template;
    private readonly IReadOnlyDictionary<string, TextValue> _tokens;
    private readonly ControlTokenFinder? _finder;

    /// <summary>Parses a template.</summary>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="source">Its text.</param>
    /// <param name="tokens">The tokenizer's special tokens by variable.</param>
    /// <param name="finder">The tokenizer's control tokens; null without a tokenizer.</param>
    /// <exception cref="ChatTemplateException">The text cannot be parsed.</exception>
    public JinjaChatTemplate(string name, string source, IReadOnlyDictionary<string, string> tokens, ControlTokenFinder? finder)
    {
        (Name, _finder) = (name, finder);
        _template = JinjaTemplate.Parse(source);
        _tokens = tokens.ToDictionary(token => token.Key, token => TextValue.FromTemplate(token.Value));
        (Traits, StrictTraits) = (new TemplateTraits(this), new TemplateTraits(this, isStrict: true));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>What conversations it takes.</summary>
    public TemplateTraits Traits { get; }

    /// <summary>The least that a template may take: users and the assistant in turn.</summary>
    public TemplateTraits StrictTraits { get; }

    /// <summary>The parsed template.</summary>
    public JinjaTemplate Template => _template;

    /// <inheritdoc/>
    public IReadOnlyList<PromptPart> Render(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt) =>
        ((IChatTemplate)this).RenderPrompt(new ChatTemplateRequest(turns) { AddGenerationPrompt = addGenerationPrompt }).Parts;

    /// <inheritdoc/>
    public RenderedPrompt RenderPrompt(ChatTemplateRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Render(TemplateInput.From(request), cancellationToken);
    }

    /// <summary>Renders what need not be turns.</summary>
    /// <exception cref="ChatTemplateException">The template refuses, fails or reaches a limit.</exception>
    public RenderedPrompt Render(TemplateInput input, CancellationToken cancellationToken)
    {
        if (!input.ContinueFinalMessage) return RopeParts.ToPrompt(_template.Render(input.ToVariables(_tokens), input.Time, cancellationToken), _finder);
        if (input.AddGenerationPrompt) throw ChatTemplateException.At(null, "continue_final_message and add_generation_prompt exclude each other");
        var (messages, text) = FinalMessage.AddMark(input.Messages);
        var rendered = _template.Render((input with { Messages = messages }).ToVariables(_tokens), input.Time, cancellationToken);
        return RopeParts.ToPrompt(FinalMessage.Cut(new RenderRun(input.Time, cancellationToken), rendered, text), _finder);
    }
}
