namespace Gemma.Runtime.Prompts;

/// <summary>The templates of a folder, chosen by name.</summary>
internal sealed class NamedChatTemplates(FolderTemplates templates) : IChatTemplate
{
    private readonly Dictionary<string, IChatTemplate?> _typed = templates.Files.Texts.ToDictionary(text => text.Key, text => ChatTemplates.Find(text.Value));

    /// <inheritdoc/>
    public string Name => Path.GetFileName(templates.Files.Path);

    /// <summary>The template for a request; a published text is rendered without interpreting it.</summary>
    /// <exception cref="ChatTemplateException">There is no such template, or its text cannot be parsed.</exception>
    public IChatTemplate Choose(bool hasTools, string? name)
    {
        var chosen = templates.ChooseName(hasTools, name);
        return _typed[chosen] ?? templates.Choose(hasTools, chosen);
    }

    /// <inheritdoc/>
    public IReadOnlyList<PromptPart> Render(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt) =>
        Choose(hasTools: false, null).Render(turns, addGenerationPrompt);

    /// <inheritdoc/>
    public RenderedPrompt RenderPrompt(ChatTemplateRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Choose(request.Tools.Count > 0, request.TemplateName).RenderPrompt(request, cancellationToken);
    }
}
