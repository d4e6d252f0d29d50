using Gemma.Tokenization;
using Gemma.Tokenization.BytePairs;

namespace Gemma.Runtime.Prompts;

/// <summary>The chat templates of the Gemma family, and those that checkpoints and applications bring as text.</summary>
public static class ChatTemplates
{
    // Fingerprints of the published texts' normal forms; see JinjaText. Gemma 1 and 2 have the same text.
    private const string Gemma1Fingerprint = "db6b90b55377a26116f3f1e7666beefab3f3be9e85af71eaaa4d77d6bfdb82c6";
    private const string Gemma3Fingerprint = "dbf0060a9899cbcd6c67cb373d4a9cb9fe6512e7d81e4d969cd87714305c32b0";

    /// <summary>Gemma 1 and 1.1: no system messages, text only.</summary>
    public static IChatTemplate Gemma1 { get; } = new GemmaChatTemplate("gemma1", isGemma3: false);

    /// <summary>Gemma 2: the same as Gemma 1.</summary>
    public static IChatTemplate Gemma2 { get; } = new GemmaChatTemplate("gemma2", isGemma3: false);

    /// <summary>Gemma 3: a leading system message goes before the first user text; content may have text and image parts.</summary>
    public static IChatTemplate Gemma3 { get; } = new GemmaChatTemplate("gemma3", isGemma3: true);

    /// <summary>The typed template that does what a Jinja template does, or null if it is none of the published ones.</summary>
    /// <param name="jinja">The text of <c>chat_template</c>. Layout, quotes and a missing BOS do not count.</param>
    public static IChatTemplate? Find(string jinja)
    {
        ArgumentNullException.ThrowIfNull(jinja);
        return JinjaText.Fingerprint(jinja) switch
        {
            Gemma1Fingerprint => Gemma1,
            Gemma3Fingerprint => Gemma3,
            _ => null,
        };
    }

    /// <summary>
    /// The template that a text describes, in the Jinja of Hugging Face. Texts of users, tools and documents never become control tokens, whatever the text
    /// does with them.
    /// </summary>
    /// <param name="jinja">The text.</param>
    /// <param name="tokenizer">The tokenizer that the prompts are for.</param>
    /// <param name="specialTokens">Variables such as <c>bos_token</c>; null for Gemma's own.</param>
    /// <exception cref="ChatTemplateException">The text cannot be parsed; the message names the line.</exception>
    public static IChatTemplate Parse(string jinja, GemmaTokenizer tokenizer, IReadOnlyDictionary<string, string>? specialTokens = null)
    {
        ArgumentNullException.ThrowIfNull(jinja);
        ArgumentNullException.ThrowIfNull(tokenizer);
        return new JinjaChatTemplate("chat_template", jinja, specialTokens ?? SpecialTokens.Defaults, new ControlTokenFinder(tokenizer));
    }

    /// <summary>The template of a checkpoint or package. Its text is parsed at the first use.</summary>
    /// <param name="folder">The folder with chat_template.jinja, chat_template.json or tokenizer_config.json.</param>
    /// <param name="tokenizer">The folder's tokenizer: where there is no template, its turn tokens say whether the model chats.</param>
    /// <returns>The template, or null for a model without one, which takes raw prompts only.</returns>
    /// <exception cref="InvalidModelException">A file is malformed.</exception>
    public static IChatTemplate? Load(string folder, GemmaTokenizer? tokenizer = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return ChatTemplateFiles.Read(folder) is { } files ? Create(files, SpecialTokens.Read(folder), tokenizer) : FromTurnTokens(tokenizer);
    }

    /// <summary>The template of some texts, or the one that turn tokens mean where there are none.</summary>
    /// <param name="files">The texts, or null.</param>
    /// <param name="tokenizer">The tokenizer that belongs to them.</param>
    internal static IChatTemplate? Of(ChatTemplateFiles? files, GemmaTokenizer tokenizer) =>
        files is null ? FromTurnTokens(tokenizer) : Create(files, SpecialTokens.Of(tokenizer), tokenizer);

    /// <summary>Whether a tokenizer has Gemma's turns.</summary>
    internal static bool HasTurns(GemmaTokenizer? tokenizer) =>
        tokenizer?.GetTokenId(ControlTokens.StartOfTurn) is not null && tokenizer.GetTokenId(ControlTokens.EndOfTurn) is not null;

    /// <summary>The template that an option names: a file, a published name, or a text.</summary>
    /// <param name="option">The option's value.</param>
    /// <param name="folder">The package, for its special tokens.</param>
    /// <param name="tokenizer">The package's tokenizer.</param>
    /// <exception cref="ChatTemplateException">It is none of them.</exception>
    internal static IChatTemplate FromOption(string option, string folder, GemmaTokenizer? tokenizer) =>
        Create(ChatTemplateFiles.One("ChatTemplate", PublishedTemplates.Resolve(option)), SpecialTokens.Read(folder), tokenizer);

    private static IChatTemplate? FromTurnTokens(GemmaTokenizer? tokenizer)
    {
        if (!HasTurns(tokenizer)) return null;
        return tokenizer!.GetTokenId(ControlTokens.StartOfImage) is not null && tokenizer.GetTokenId("[multimodal]") is not null ? Gemma3 : Gemma1;
    }

    private static IChatTemplate Create(ChatTemplateFiles files, IReadOnlyDictionary<string, string> tokens, GemmaTokenizer? tokenizer)
    {
        if (files.Texts is { Count: 1 } && files.Texts.TryGetValue(ChatTemplateFiles.DefaultName, out var only) && Find(only) is { } typed) return typed;
        return new NamedChatTemplates(new FolderTemplates(files, tokens, tokenizer));
    }
}
