using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Tokenization.BytePairs;

namespace Gemma.Runtime.Prompts;

/// <summary>The turn format of Gemma 1, 2 and 3, as strict as the published templates.</summary>
/// <param name="name">The template's name.</param>
/// <param name="isGemma3">Whether system text goes before the first user's text and content may be a list of parts; otherwise both are errors.</param>
internal sealed class GemmaChatTemplate(string name, bool isGemma3) : IChatTemplate
{
    private static readonly PromptPart Bos = new("<bos>", IsControl: true);
    private static readonly PromptPart StartOfTurn = new(ControlTokens.StartOfTurn, IsControl: true);
    private static readonly PromptPart EndOfTurn = new(ControlTokens.EndOfTurn, IsControl: true);
    private static readonly PromptPart StartOfImage = new(ControlTokens.StartOfImage, IsControl: true);

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public IReadOnlyList<PromptPart> Render(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt)
    {
        ArgumentNullException.ThrowIfNull(turns);
        if (turns.Count == 0) throw new ChatTemplateException("The conversation has no messages; at least one of the user is needed.");
        List<PromptPart> parts = [Bos];
        var hasSystem = turns[0].Role == "system";
        if (hasSystem && !isGemma3) throw new ChatTemplateException("System role not supported");
        var prefix = hasSystem ? SystemText(turns[0]) + "\n\n" : string.Empty;
        for (var i = hasSystem ? 1 : 0; i < turns.Count; i++)
        {
            var (turn, position) = (turns[i], hasSystem ? i - 1 : i);
            if ((turn.Role == "user") != (position % 2 == 0))
                throw new ChatTemplateException("Conversation roles must alternate user/assistant/user/assistant/...");
            parts.Add(StartOfTurn);
            parts.Add(Text((turn.Role == "assistant" ? "model" : turn.Role) + "\n"));
            if (position == 0 && prefix.Length > 0) parts.Add(Text(prefix));
            AddContent(parts, turn);
            parts.Add(EndOfTurn);
            parts.Add(Text("\n"));
        }

        if (addGenerationPrompt) parts.AddRange([StartOfTurn, Text("model\n")]);
        return parts;
    }

    /// <inheritdoc/>
    public RenderedPrompt RenderPrompt(ChatTemplateRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!request.ContinueFinalMessage) return new RenderedPrompt(Render(request.Turns, request.AddGenerationPrompt), [], isComplete: false);

        // Behind the last text only the end of its turn follows.
        var parts = Render(request.Turns, addGenerationPrompt: false);
        return new RenderedPrompt([.. parts.Take(parts.Count - 2)], [], isComplete: false);
    }

    private static PromptPart Text(string text) => new(text, IsControl: false);

    private static string SystemText(ChatTurn turn)
    {
        if (turn.Parts is null) return turn.Content;
        return turn.Parts is [{ Text: { } text }, ..] ? text : throw new ChatTemplateException("The first part of the system message is no text.");
    }

    private void AddContent(List<PromptPart> parts, ChatTurn turn)
    {
        if (turn.Parts is null)
        {
            parts.Add(Text(PythonText.Strip(turn.Content ?? throw new ChatTemplateException("Invalid content type"))));
            return;
        }

        if (!isGemma3) throw new ChatTemplateException($"The template '{name}' takes text only, not a list of parts.");
        foreach (var part in turn.Parts)
        {
            if (part.Type == "image") parts.Add(StartOfImage);
            else if (part.Type == "text") parts.Add(Text(PythonText.Strip(part.Text ?? throw new ChatTemplateException("A text part has no text."))));
        }
    }
}
