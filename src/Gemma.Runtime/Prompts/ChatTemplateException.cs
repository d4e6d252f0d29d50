namespace Gemma.Runtime.Prompts;

/// <summary>A conversation does not fit the model's chat template, or the template is not known.</summary>
public sealed class ChatTemplateException : GemmaException
{
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
}
