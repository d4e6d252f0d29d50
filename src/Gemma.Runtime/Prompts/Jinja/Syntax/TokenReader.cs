namespace Gemma.Runtime.Prompts.Jinja.Syntax;

/// <summary>Goes through a template's tokens.</summary>
internal sealed class TokenReader(List<Token> tokens)
{
    private int _position;

    public Token Current => tokens[_position];

    public Token Following => tokens[Math.Min(_position + 1, tokens.Count - 1)];

    /// <summary>Takes the current token.</summary>
    public Token Next() => _position < tokens.Count - 1 ? tokens[_position++] : tokens[_position];

    public bool TrySkipOperator(string text)
    {
        if (!Current.IsOperator(text)) return false;
        Next();
        return true;
    }

    public bool TrySkipName(string text)
    {
        if (!Current.IsName(text)) return false;
        Next();
        return true;
    }

    public void ExpectOperator(string text)
    {
        if (!TrySkipOperator(text)) throw Error($"'{text}' is expected, but here is {Current.Description}");
    }

    public string ExpectName()
    {
        if (Current.Kind != TokenKind.Name) throw Error($"a name is expected, but here is {Current.Description}");
        return Next().Text;
    }

    public void Expect(TokenKind kind, string description)
    {
        if (Current.Kind != kind) throw Error($"{description} is expected, but here is {Current.Description}");
        Next();
    }

    public SyntaxException Error(string message) => new(message, Current.Line);
}
