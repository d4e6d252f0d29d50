using System.Collections.Frozen;
using Gemma.IO;

namespace Gemma.Runtime.Prompts;

/// <summary>Templates by name, for checkpoints that lost theirs or never had one.</summary>
internal static class PublishedTemplates
{
    // What Google's texts for Gemma 1 and 2 do.
    private const string Gemma1 =
        """
        {{ bos_token }}
        {%- if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}
        {%- for message in messages %}
        {%- if (message.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}
        {{- '<start_of_turn>' + ('model' if message.role == 'assistant' else message.role) + '\n' + message.content | trim + '<end_of_turn>\n' }}
        {%- endfor %}
        {%- if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}
        """;

    // What Google's text for Gemma 3 does.
    private const string Gemma3 =
        """
        {{ bos_token }}
        {%- set first = '' %}
        {%- set turns = messages %}
        {%- if messages[0].role == 'system' %}
        {%- set first = (messages[0].content if messages[0].content is string else messages[0].content[0].text) + '\n\n' %}
        {%- set turns = messages[1:] %}
        {%- endif %}
        {%- for message in turns %}
        {%- if (message.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}
        {{- '<start_of_turn>' + ('model' if message.role == 'assistant' else message.role) + '\n' + (first if loop.first else '') }}
        {%- if message.content is string %}{{ message.content | trim }}
        {%- elif message.content is iterable %}
        {%- for part in message.content %}
        {%- if part.type == 'image' %}{{ '<start_of_image>' }}{% elif part.type == 'text' %}{{ part.text | trim }}{% endif %}
        {%- endfor %}
        {%- else %}{{ raise_exception('Invalid content type') }}{% endif %}
        {{- '<end_of_turn>\n' }}
        {%- endfor %}
        {%- if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}
        """;

    private const string ChatML =
        """
        {{ bos_token }}
        {%- for message in messages %}{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}{% endfor %}
        {%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
        """;

    private static readonly FrozenDictionary<string, string> Texts = new Dictionary<string, string>
    {
        ["gemma1"] = Gemma1,
        ["gemma2"] = Gemma1,
        ["gemma3"] = Gemma3,
        ["chatml"] = ChatML,
    }.ToFrozenDictionary();

    /// <summary>The names, for messages.</summary>
    public static string Names { get; } = string.Join(", ", Texts.Keys.Order(StringComparer.Ordinal));

    /// <summary>The text of a name, or null.</summary>
    public static string? Find(string name) => Texts.GetValueOrDefault(name);

    /// <summary>The name of a text that is one of these, or null.</summary>
    public static string? NameOf(string text) =>
        Texts.Where(pair => pair.Value == text).Select(pair => pair.Key).Order(StringComparer.Ordinal).FirstOrDefault();

    /// <summary>The text that an option means.</summary>
    /// <param name="option">A name, a file, or a text: what has a tag or a line break.</param>
    /// <exception cref="ChatTemplateException">It is none of them.</exception>
    public static string Resolve(string option)
    {
        if (Find(option) is { } text) return text;
        if (option.Contains("{{", StringComparison.Ordinal) || option.Contains("{%", StringComparison.Ordinal) || option.Contains('\n')) return option;
        return File.Exists(option)
            ? RegularFile.ReadAllText(option)
            : throw new ChatTemplateException($"The chat template '{option}' is no file and none of {Names}; give one of these, or the template's text.");
    }
}
