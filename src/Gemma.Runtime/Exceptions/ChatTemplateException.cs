namespace Gemma;

/// <summary>A conversation does not fit the model's chat template, or the template cannot be used.</summary>
public sealed class ChatTemplateException : GemmaException
{
    private const int LongestReason = 500;

    /// <summary>Creates the exception.</summary>
    public ChatTemplateException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public ChatTemplateException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public ChatTemplateException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The line of the template where it failed.</summary>
    /// <value>From 1; null if it is not known.</value>
    public int? Line { get; private init; }

    /// <summary>The message that the template was at.</summary>
    /// <value>Its index, from 0; null if it is not known.</value>
    public int? MessageIndex { get; private init; }

    /// <summary>What went wrong, without the place.</summary>
    /// <value>The template's own words where <see cref="IsRaised"/>; null if the exception was not a template's.</value>
    public string? Reason { get; private init; }

    /// <summary>Whether the template itself refused the conversation, through <c>raise_exception</c>.</summary>
    public bool IsRaised { get; private init; }

    internal static ChatTemplateException At(int? line, string reason, Exception? cause = null, bool isRaised = false, int? messageIndex = null,
        string? role = null)
    {
        var words = reason.Length <= LongestReason ? reason : reason[..LongestReason] + "…";
        var place = line is null ? "chat_template" : $"chat_template, line {line}";
        if (messageIndex is not null) place += $", message {messageIndex}{(role is null ? string.Empty : $" of role '{role}'")}";
        return new ChatTemplateException($"{place}: {words}", cause) { Line = line, MessageIndex = messageIndex, Reason = words, IsRaised = isRaised };
    }
}
