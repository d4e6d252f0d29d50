namespace Gemma.Runtime.Prompts.Jinja.Syntax;

/// <summary>A template cannot be parsed.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="line">Where, from 1.</param>
internal sealed class SyntaxException(string message, int line) : Exception(message)
{
    public int Line => line;
}
