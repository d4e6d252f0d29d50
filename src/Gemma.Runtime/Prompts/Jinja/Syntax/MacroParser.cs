using Gemma.Runtime.Prompts.Jinja.Tree;

namespace Gemma.Runtime.Prompts.Jinja.Syntax;

/// <summary>Reads macros and call blocks.</summary>
internal sealed class MacroParser(ParserState state, ExpressionParser expressions, OperandParser operands, StatementParser statements)
{
    private readonly TokenReader _tokens = state.Tokens;

    public MacroNode Macro(int line)
    {
        var name = _tokens.ExpectName();
        if (name is "true" or "True" or "false" or "False" or "none" or "None") throw new SyntaxException($"a macro cannot be called '{name}'", line);
        return new MacroNode(Body(name, Parameters(), "endmacro"), line);
    }

    public CallBlockNode Call(int line)
    {
        var parameters = _tokens.Current.IsOperator("(") ? Parameters() : [];
        var call = operands.Signed() as CallNode ?? throw new SyntaxException("a call is expected after 'call'", line);
        return new CallBlockNode(call, Body("caller", parameters, "endcall"), line);
    }

    private MacroBody Body(string name, (string Name, Expression? Default)[] parameters, string end)
    {
        var names = state.BeginMacro();
        var (body, _) = statements.Body(isFunction: true, end);
        state.EndMacro();
        return new MacroBody(name, parameters, body, names.Contains("varargs"), names.Contains("kwargs"), names.Contains("caller"));
    }

    private (string Name, Expression? Default)[] Parameters()
    {
        _tokens.ExpectOperator("(");
        List<(string Name, Expression? Default)> parameters = [];
        while (!_tokens.Current.IsOperator(")"))
        {
            if (parameters.Count > 0) _tokens.ExpectOperator(",");
            if (_tokens.Current.IsOperator(")")) break;
            var name = _tokens.ExpectName();
            if (parameters.Exists(parameter => parameter.Name == name)) throw _tokens.Error($"the parameter '{name}' is there twice");
            var value = _tokens.TrySkipOperator("=") ? expressions.Parse() : null;
            if (value is null && parameters is [.., { Default: not null }]) throw _tokens.Error("a parameter without default follows one with a default");
            if (value is null && name == "caller") throw _tokens.Error("the parameter 'caller' needs a default");
            parameters.Add((name, value));
        }

        _tokens.ExpectOperator(")");
        return [.. parameters];
    }
}
