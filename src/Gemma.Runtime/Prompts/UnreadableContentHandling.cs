namespace Gemma.Runtime.Prompts;

/// <summary>
/// What happens to contents of messages and of tool results that the model cannot read: images, sounds, files of others. Text of any kind is read in any case.
/// </summary>
public enum UnreadableContentHandling
{
    /// <summary>The request is refused with the content's media type.</summary>
    Refuse,

    /// <summary>The prompt tells the model what is there: <c>[image/png, 400 bytes, not readable by this model]</c>.</summary>
    Describe,
}
