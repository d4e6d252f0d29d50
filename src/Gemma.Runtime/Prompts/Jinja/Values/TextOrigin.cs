namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>Who wrote a piece of text. Only what is the template's can be a control token.</summary>
/// <param name="isTemplate">Whether it counts as the template's.</param>
/// <param name="path">The input it came from, or null.</param>
/// <param name="isKey">Whether it is the name of a member, not its value.</param>
internal sealed class TextOrigin(bool isTemplate, ValuePath? path, bool isKey)
{
    /// <summary>The template itself.</summary>
    public static readonly TextOrigin Template = new(isTemplate: true, null, isKey: false);

    /// <summary>What a writer of JSON or of lists puts around the input's texts. It counts as input, to be on the safe side.</summary>
    public static readonly TextOrigin Written = new(isTemplate: false, null, isKey: false);

    public bool IsTemplate => isTemplate;

    /// <summary>Where the text stands in the input, or null.</summary>
    public string? Source => path is null ? null : isKey ? $"{path}#key" : path.ToString();

    /// <summary>The origin of a text of the input.</summary>
    /// <param name="path">Where it stands.</param>
    /// <param name="isKey">Whether it is a member's name.</param>
    /// <param name="isTrusted">Whether it counts as the template's: a known role.</param>
    public static TextOrigin Input(ValuePath path, bool isKey = false, bool isTrusted = false) => new(isTrusted, path, isKey);
}
