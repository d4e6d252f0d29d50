using System.Text.Json;

namespace Gemma.Cli.Infrastructure;

/// <summary>The keys that a command's input lines may have; others are refused, so that a misspelt one is not ignored.</summary>
/// <param name="Names">The keys and what they mean.</param>
internal sealed record LineKeys(params (string Name, string Meaning)[] Names)
{
    private static readonly (string Name, string) Ids = ("ids", "token ids, used as they are");
    private static readonly (string Name, string) Messages = ("messages", "a conversation: a list of {\"role\", \"content\"}");
    private static readonly (string Name, string) Special = ("add_special_tokens", "whether a text gets the tokens that the tokenizer adds; default true");
    private static readonly (string Name, string) Control = ("recognize_control_tokens", "whether control tokens written in a text count as such");
    private static readonly (string, string) Mask = ("attention_mask", "with ids: 0 for each token that fills the row, 1 for each other one");
    private static readonly (string, string)[] Gap = [("prefix", "the text before a gap to fill"), ("suffix", "the text behind it")];

    /// <summary>Of <c>gemma generate</c>.</summary>
    public static LineKeys Generate { get; } = new([("prompt", "a text to continue"), Ids, Messages, .. Gap,
        ("options", "an object with keys of generation_config.json, for this line"), Mask, Special, Control]);

    /// <summary>Of <c>gemma score</c>.</summary>
    public static LineKeys Score { get; } = new([("text", "a text"), Ids, Messages, .. Gap, Special, Control]);

    /// <summary>Of <c>gemma classify</c>.</summary>
    public static LineKeys Classify { get; } = new(("text", "a text"), ("text_pair", "a second text, where the head compares two"), Ids, Mask, Messages,
        ("label", "with --evaluate: what is right"), ("labels", "with --evaluate: what is right, where several labels can be"));

    /// <summary>Of <c>gemma embed</c>.</summary>
    public static LineKeys Embed { get; } = new(("text", "a text"), ("text_pair", "a second text"), Ids, Mask, Messages);

    /// <summary>The tokenizer's options of one text or a batch, named as in transformers.</summary>
    public static LineKeys Batch { get; } = new(
        Special, Control,
        ("add_bos_token", "whether a text begins with BOS"), ("add_eos_token", "whether it ends with EOS"),
        ("padding", "true, false, longest, max_length or do_not_pad"), ("padding_side", "left or right"), ("pad_to_multiple_of", "rounds the padded length up"),
        ("truncation", "true, false, longest_first, only_first, only_second or do_not_truncate"), ("truncation_side", "left or right"),
        ("max_length", "the most tokens"),
        ("stride", "tokens that overflowing pieces share"), ("return_overflowing_tokens", "whether what was cut comes as further rows"));

    /// <summary>Of <c>gemma tokenize --json</c>.</summary>
    public static LineKeys Tokenize { get; } = new([
        ("text", "a text"), ("text_pair", "a second text"), Ids, ("texts", "a batch of texts"), ("text_pairs", "their second texts"), Messages,
        .. Batch.Names,
        ("options", "the batch's options together, as an object"), ("skip_special_tokens", "with ids: whether special tokens are left out"),
        ("stream", "with ids: decode token by token, eager or exact"),
        ("add_generation_prompt", "with messages: whether the answer's beginning is added; default true")]);

    /// <summary>Of a line of <c>gemma tokenize --json</c> with a text.</summary>
    public static LineKeys TokenizeText { get; } = OfTokenize("text", "text_pair", Special.Name, Control.Name);

    /// <summary>Of one with ids.</summary>
    public static LineKeys TokenizeIds { get; } = OfTokenize(Ids.Name, "skip_special_tokens", "stream");

    /// <summary>Of one with a batch and its options beside it.</summary>
    public static LineKeys TokenizeBatch { get; } = OfTokenize(["texts", "text_pairs", .. Batch.Names.Select(key => key.Name)]);

    /// <summary>Of one with a batch and its options together.</summary>
    public static LineKeys TokenizeBatchWithOptions { get; } = OfTokenize("texts", "text_pairs", "options");

    /// <summary>Of one with messages.</summary>
    public static LineKeys TokenizeMessages { get; } = OfTokenize(Messages.Name, "add_generation_prompt", Control.Name);

    /// <summary>Of <c>gemma tokenize --template --json</c>.</summary>
    public static LineKeys Template { get; } = new(
        Messages, ("tools", "a list of tools"), ("documents", "a list of documents"),
        ("add_generation_prompt", "whether the answer's beginning is added; default false"), ("continue_final_message", "whether the last message stays open"),
        ("kwargs", "an object of template variables"), ("now", "the time that templates see, such as 2026-01-15T09:05:07"),
        ("chat_template", "the name of one of several templates"), Control);

    /// <summary>The keys of a command, or null if it reads no lines.</summary>
    public static LineKeys? Of(string command) => command switch
    {
        "generate" => Generate,
        "score" => Score,
        "classify" => Classify,
        "embed" => Embed,
        "tokenize" => Tokenize,
        _ => null,
    };

    /// <summary>Refuses known keys that would have no effect beside the others of a line.</summary>
    /// <exception cref="UsageException">There is one.</exception>
    public JsonLine CheckUsed(JsonLine line)
    {
        foreach (var property in line.Element.EnumerateObject().Where(property => property.Value.ValueKind != JsonValueKind.Null))
        {
            if (!Names.Any(key => key.Name == property.Name))
                throw line.Error(property.Name, $"the key has no effect in this line; beside {Names[0].Name} these have: {Join(Names.Skip(1))}");
        }

        return line;
    }

    /// <summary>Refuses keys that are none of these.</summary>
    /// <exception cref="UsageException">A key is unknown.</exception>
    public JsonLine Check(JsonLine line)
    {
        foreach (var property in line.Element.EnumerateObject())
        {
            if (!Names.Any(key => key.Name == property.Name))
                throw line.Error(property.Name, $"the key is unknown; {Join(Names)} are known");
        }

        return line;
    }

    private static LineKeys OfTokenize(params string[] names) => new([.. Tokenize.Names.Where(key => names.Contains(key.Name))]);

    private static string Join(IEnumerable<(string Name, string Meaning)> keys) => string.Join(", ", keys.Select(key => key.Name));
}
