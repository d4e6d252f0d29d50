using Gemma.Runtime.Prompts.Jinja;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>The formats by name, and the one that a template asks for.</summary>
internal static class ToolFormats
{
    private const string Calls = "tool_calls";
    private static readonly PythonToolFormat PythonFormat = new();

    /// <summary>Google's JSON variant, which Gemma 1 to 3 take.</summary>
    public static IToolFormat Gemma { get; } = new GemmaToolFormat();

    /// <summary>The format that an option names, or that a template asks for.</summary>
    /// <param name="option">The option; null for the template's.</param>
    /// <param name="template">The template that messages with functions use, or null.</param>
    /// <param name="marks">The marks of the model's replies.</param>
    /// <exception cref="ChatTemplateException">The template is asked to render functions, but does not.</exception>
    public static IToolFormat Choose(ToolFormat? option, JinjaTemplate? template, ReplyMarks marks)
    {
        var rendersTools = template?.Names.Contains("tools") == true;
        if (option == ToolFormat.Template && !rendersTools)
            throw new ChatTemplateException("The chat template does not render functions (it has no 'tools'); set ToolFormat to Gemma, Python or Hermes.");
        return option switch
        {
            ToolFormat.Gemma => Gemma,
            ToolFormat.Python => PythonFormat,
            ToolFormat.Hermes => Hermes(marks),
            _ when rendersTools => new TemplateToolFormat(Form(template!, marks), template!.Members.Contains(Calls) || template.Literals.Contains(Calls)),
            _ => template?.Writes("<|im_start|>") == true ? Hermes(marks) : Gemma,
        };
    }

    private static HermesToolFormat Hermes(ReplyMarks marks) => new(CallForm.InTags(marks.Tags));

    // The form that a template writes calls in. Marks that the vocabulary lacks cannot be told from text.
    private static CallForm Form(JinjaTemplate template, ReplyMarks marks)
    {
        for (var i = 0; i < CallNotation.All.Count; i++)
            if (template.Writes(CallNotation.All[i].Open)
                && marks.Notations[i] is { Open: [>= ReplyMarks.First and <= ReplyMarks.Last], Quote: [>= ReplyMarks.First and <= ReplyMarks.Last] } notation)
                return CallForm.Of(notation);
        return template.Writes(CallTags.Hermes.Open) ? CallForm.InTags(marks.Tags) : CallForm.Gemma;
    }

    /// <summary>
    /// The parsed text of a template that renders messages with functions; null for a typed one, and for a text that cannot be parsed, which is told where
    /// messages are rendered.
    /// </summary>
    public static JinjaTemplate? Parsed(IChatTemplate? template)
    {
        try
        {
            var chosen = template is NamedChatTemplates named ? named.Choose(hasTools: true, null) : template;
            return (chosen as JinjaChatTemplate)?.Template;
        }
        catch (ChatTemplateException)
        {
            return null;
        }
    }
}
