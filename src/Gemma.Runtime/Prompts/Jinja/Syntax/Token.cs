namespace Gemma.Runtime.Prompts.Jinja.Syntax;

/// <summary>A token of a template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text; of a string literal its meaning.</param>
/// <param name="Line">Its line, from 1.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Line)
{
    /// <summary>Whether it is this operator.</summary>
    public bool IsOperator(string text) => Kind == TokenKind.Operator && Text == text;

    /// <summary>Whether it is this name.</summary>
    public bool IsName(string text) => Kind == TokenKind.Name && Text == text;

    /// <summary>What the token is called in messages.</summary>
    public string Description => Kind switch
    {
        TokenKind.PrintEnd => "the end of the print statement",
        TokenKind.BlockEnd => "the end of the statement block",
        TokenKind.End => "the end of the template",
        TokenKind.Text => "a string",
        _ => $"'{Text}'",
    };
}
