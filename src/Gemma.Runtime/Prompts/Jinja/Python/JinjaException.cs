namespace Gemma.Runtime.Prompts.Jinja.Python;

/// <summary>A template failed; whoever started it adds the template's name and line.</summary>
/// <param name="message">What happened.</param>
/// <param name="isRaised">Whether the template itself said so, through <c>raise_exception</c>.</param>
internal sealed class JinjaException(string message, bool isRaised = false) : Exception(message)
{
    /// <summary>Whether the template itself said so.</summary>
    public bool IsRaised => isRaised;
}
