namespace Gemma.Runtime.Prompts;

/// <summary>
/// What conversations a template takes without an error and without losing a text. Found by rendering small ones, each when it is first asked for.
/// </summary>
/// <param name="template">The template.</param>
/// <param name="isStrict">Whether to say no to all, for what a template takes only sometimes.</param>
internal sealed class TemplateTraits(JinjaChatTemplate template, bool isStrict = false)
{
    private readonly Lazy<bool> _system = Takes(template, "system", "user");
    private readonly Lazy<bool> _onlySystem = Takes(template, "system");
    private readonly Lazy<bool> _lateSystem = Takes(template, "user", "assistant", "system", "user");
    private readonly Lazy<bool> _repeated = Takes(template, "user", "user", "assistant", "assistant", "user");
    private readonly Lazy<bool> _assistantFirst = Takes(template, "assistant", "user");
    private readonly Lazy<bool> _onlyAssistant = Takes(template, "assistant");

    /// <summary>A system message at the begin.</summary>
    public bool TakesSystem => !isStrict && _system.Value;

    /// <summary>A system message and nothing else.</summary>
    public bool TakesOnlySystem => !isStrict && _onlySystem.Value;

    /// <summary>A system message between others.</summary>
    public bool TakesLateSystem => !isStrict && _lateSystem.Value;

    /// <summary>Two messages of one role in a row.</summary>
    public bool TakesRepeatedRoles => !isStrict && _repeated.Value;

    /// <summary>A message of the assistant at the begin.</summary>
    public bool TakesAssistantFirst => !isStrict && _assistantFirst.Value;

    /// <summary>A message of the assistant and nothing else.</summary>
    public bool TakesOnlyAssistant => !isStrict && _onlyAssistant.Value;

    /// <summary>Whether the template itself speaks of a role.</summary>
    public bool Names(string role) => template.Template.Literals.Contains(role);

    private static Lazy<bool> Takes(JinjaChatTemplate template, params string[] roles) => new(() =>
    {
        ChatTurn[] turns = [.. roles.Select((role, index) => new ChatTurn(role, $"text-{index}"))];
        try
        {
            var prompt = template.RenderPrompt(new ChatTemplateRequest(turns));
            return Enumerable.Range(0, turns.Length).All(index => prompt.Spans.Any(span => span.Source == $"messages[{index}].content"));
        }
        catch (ChatTemplateException)
        {
            // The answer is no.
            return false;
        }
    });
}
