using Gemma.Runtime.Prompts.Jinja.Tree;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Syntax;

/// <summary>Reads statements.</summary>
internal sealed class StatementParser
{
    private readonly TokenReader _tokens;
    private readonly ExpressionParser _expressions;
    private readonly OperandParser _operands;
    private readonly MacroParser _macros;

    public StatementParser(TokenReader tokens)
    {
        _tokens = tokens;
        State = new ParserState(tokens);
        _expressions = new ExpressionParser(State);
        _operands = new OperandParser(State, _expressions);
        _macros = new MacroParser(State, _expressions, _operands, this);
    }

    public ParserState State { get; }

    /// <summary>Reads statements up to one of some tags, whose name is then current; without tags up to the template's end.</summary>
    public Statement[] Parse(params ReadOnlySpan<string> ends)
    {
        State.EnterStatement();
        List<Statement> statements = [];
        while (true)
        {
            var token = _tokens.Current;
            State.Count();
            switch (token.Kind)
            {
                case TokenKind.Data:
                    _tokens.Next();
                    State.Texts.Add(token.Text);
                    statements.Add(new TextNode(TextValue.FromTemplate(token.Text), token.Line));
                    break;
                case TokenKind.PrintBegin:
                    _tokens.Next();
                    statements.Add(new PrintNode(Value(), token.Line));
                    _tokens.Expect(TokenKind.PrintEnd, "the end of the print statement");
                    break;
                case TokenKind.BlockBegin:
                    _tokens.Next();
                    if (_tokens.Current.Kind == TokenKind.Name && ends.Contains(_tokens.Current.Text))
                    {
                        State.LeaveStatement();
                        return [.. statements];
                    }

                    statements.Add(Tag(token.Line));
                    _tokens.Expect(TokenKind.BlockEnd, "the end of the statement block");
                    break;
                default:
                    if (ends.Length > 0) throw _tokens.Error($"unexpected end of template: {string.Join(" or ", ends)} is missing");
                    State.LeaveStatement();
                    return [.. statements];
            }

            State.ThrowUnknown();
        }
    }

    /// <summary>Reads a body up to its end tag and takes that tag's name.</summary>
    /// <param name="isFunction">Whether loops around it cannot be left from it.</param>
    /// <param name="ends">The names of the tags that end it.</param>
    public (Statement[] Body, string End) Body(bool isFunction, params ReadOnlySpan<string> ends)
    {
        var (loops, wasSoft) = (State.Loops, State.IsSoft);
        if (isFunction) State.Loops = 0;
        State.IsSoft = false;
        State.ThrowUnknown();
        _tokens.Expect(TokenKind.BlockEnd, "the end of the statement block");
        var body = Parse(ends);
        (State.Loops, State.IsSoft) = (loops, wasSoft);
        return (body, _tokens.Next().Text);
    }

    private Statement Tag(int line)
    {
        var name = _tokens.ExpectName();
        switch (name)
        {
            case "if":
                return If(line);
            case "for":
                return For(line);
            case "set":
                return Set(line);
            case "macro":
                return _macros.Macro(line);
            case "call":
                return _macros.Call(line);
            case "filter":
                var filter = _operands.Filter(null);
                while (_tokens.TrySkipOperator("|")) filter = _operands.Filter(filter);
                return new FilterBlockNode(filter, Body(isFunction: false, "endfilter").Body, line);
            case "generation":
                return new ScopeNode([], isFromRoot: false, Body(isFunction: true, "endgeneration").Body, line);
            case "with":
                return With(line);
            case "block":
                return Block(line);
            case "autoescape":
                return new AutoEscapeNode(_expressions.Parse(), Body(isFunction: false, "endautoescape").Body, line);
            case "print":
                return new PrintNode(Value(), line);
            case "break" or "continue":
                if (State.Loops == 0) throw new SyntaxException($"'{name}' stands outside a loop", line);
                return new LoopControlNode(name == "break" ? Flow.Break : Flow.Continue, line);
            case "include" or "import" or "from" or "extends":
                throw new SyntaxException($"the tag '{name}' is not supported: there are no other templates", line);
            default:
                throw new SyntaxException($"unknown tag '{name}'", line);
        }
    }

    private Expression Value() => _expressions.ParseTuple();

    private IfNode If(int line)
    {
        List<(Expression?, Statement[])> branches = [];
        var wasSoft = State.IsSoft;
        State.IsSoft = true;
        var end = "elif";
        while (end != "endif")
        {
            var condition = end == "elif" ? _expressions.ParseTuple(withCondition: false) : null;
            _tokens.Expect(TokenKind.BlockEnd, "the end of the statement block");
            branches.Add((condition, condition is null ? Parse("endif") : Parse("elif", "else", "endif")));
            end = _tokens.Next().Text;
        }

        State.IsSoft = wasSoft;
        return new IfNode([.. branches], line);
    }

    private ForNode For(int line)
    {
        var target = Targets.Read(_tokens, _expressions.ParseTuple(isTarget: true, end: "in"));
        if (!_tokens.TrySkipName("in")) throw _tokens.Error($"'in' is expected, but here is {_tokens.Current.Description}");
        var items = _expressions.ParseTuple(withCondition: false, end: "recursive");
        var condition = _tokens.TrySkipName("if") ? _expressions.Parse() : null;
        var isRecursive = _tokens.TrySkipName("recursive");
        State.Loops++;
        var (body, end) = Body(isFunction: false, "else", "endfor");
        State.Loops--;
        var otherwise = end == "else" ? Body(isFunction: false, "endfor").Body : [];
        return new ForNode(target, items, condition, isRecursive, body, otherwise, line);
    }

    private Statement Set(int line)
    {
        Target target;
        if (_tokens.Current.Kind == TokenKind.Name && _tokens.Following.IsOperator("."))
        {
            var name = _tokens.Next().Text;
            _tokens.Next();
            target = new Target(name, _tokens.ExpectName());
        }
        else
        {
            target = Targets.Read(_tokens, _expressions.ParseTuple(isTarget: true));
        }

        if (_tokens.TrySkipOperator("=")) return new SetNode(target, Value(), line);
        FilterNode? filter = null;
        while (_tokens.TrySkipOperator("|")) filter = _operands.Filter(filter);
        return new SetBlockNode(target, filter, Body(isFunction: false, "endset").Body, line);
    }

    private ScopeNode With(int line)
    {
        List<(Target, Expression)> variables = [];
        while (_tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (variables.Count > 0) _tokens.ExpectOperator(",");
            var target = Targets.Read(_tokens, _operands.Primary());
            _tokens.ExpectOperator("=");
            variables.Add((target, _expressions.Parse()));
        }

        return new ScopeNode([.. variables], isFromRoot: false, Body(isFunction: false, "endwith").Body, line);
    }

    private ScopeNode Block(int line)
    {
        var name = _tokens.ExpectName();
        while (_tokens.TrySkipName("scoped") || _tokens.TrySkipName("required"))
        {
            // Both words matter to templates that extend this one; there are none.
        }

        var block = new ScopeNode([], isFromRoot: true, Body(isFunction: true, "endblock").Body, line);
        _tokens.TrySkipName(name);
        return block;
    }
}
