using Gemma.Tokenization;

namespace Gemma.Runtime.Prompts;

/// <summary>
/// The template texts of a folder, each parsed when it is first used: one that cannot be used hurts nobody who sends no messages. Thread-safe.
/// </summary>
internal sealed class FolderTemplates
{
    private readonly ChatTemplateFiles _files;
    private readonly Dictionary<string, Lazy<JinjaChatTemplate>> _templates;

    /// <param name="files">The texts.</param>
    /// <param name="tokens">The tokenizer's special tokens.</param>
    /// <param name="tokenizer">The tokenizer, or null.</param>
    public FolderTemplates(ChatTemplateFiles files, IReadOnlyDictionary<string, string> tokens, GemmaTokenizer? tokenizer)
    {
        _files = files;
        var finder = new Lazy<ControlTokenFinder?>(() => tokenizer is null ? null : new ControlTokenFinder(tokenizer));
        _templates = files.Texts.ToDictionary(text => text.Key,
            text => new Lazy<JinjaChatTemplate>(() => new JinjaChatTemplate(Path.GetFileName(files.Path), text.Value, tokens, finder.Value)));
    }

    /// <summary>The texts.</summary>
    public ChatTemplateFiles Files => _files;

    /// <summary>Reads a folder; one without a template has Gemma's own if the tokenizer has turn tokens.</summary>
    /// <exception cref="ChatTemplateException">There is no template and there are no turn tokens.</exception>
    /// <exception cref="InvalidModelException">A file is malformed.</exception>
    public static FolderTemplates Read(string folder, GemmaTokenizer tokenizer)
    {
        if (ChatTemplateFiles.Read(folder) is { } files) return new FolderTemplates(files, SpecialTokens.Read(folder), tokenizer);
        return new FolderTemplates(Own(folder, ChatTemplates.Load(folder, tokenizer)), SpecialTokens.Read(folder), tokenizer);
    }

    /// <summary>The templates of a file's texts, or Gemma's own where there are none.</summary>
    /// <exception cref="ChatTemplateException">There is no template and there are no turn tokens.</exception>
    public static FolderTemplates Of(string path, ChatTemplateFiles? files, GemmaTokenizer tokenizer) =>
        new(files ?? Own(path, ChatTemplates.Of(null, tokenizer)), SpecialTokens.Of(tokenizer), tokenizer);

    /// <summary>The name of the template for a request, as transformers chooses it.</summary>
    /// <param name="hasTools">Whether tools are given.</param>
    /// <param name="name">The name that is asked for, or null.</param>
    /// <exception cref="ChatTemplateException">There is no such template.</exception>
    public string ChooseName(bool hasTools, string? name)
    {
        name ??= hasTools && _templates.ContainsKey(ChatTemplateFiles.ToolName) ? ChatTemplateFiles.ToolName : ChatTemplateFiles.DefaultName;
        return _templates.ContainsKey(name)
            ? name
            : throw new ChatTemplateException(
                $"{_files.Path}: chat_template: there is no template '{name}'; ask for one of {string.Join(", ", _templates.Keys.Select(key => $"'{key}'"))} "
                    + $"by name (chat_template), or convert with --chat-template.");
    }

    /// <summary>The template for a request.</summary>
    /// <exception cref="ChatTemplateException">There is no such template, or its text cannot be parsed.</exception>
    public JinjaChatTemplate Choose(bool hasTools, string? name) => _templates[ChooseName(hasTools, name)].Value;

    private static ChatTemplateFiles Own(string path, IChatTemplate? template) => template is null
        ? throw new ChatTemplateException($"{path}: there is no chat template, and the tokenizer has no turn tokens.")
        : ChatTemplateFiles.One(template.Name, PublishedTemplates.Find(template.Name)!);
}
