using Gemma.Runtime.Prompts.Jinja.Tree;

namespace Gemma.Runtime.Prompts.Jinja.Syntax;

/// <summary>Reads expressions: conditions, logic, comparisons, sums, joins, products, powers, in the order in which they bind.</summary>
internal sealed class ExpressionParser
{
    private readonly ParserState _state;
    private readonly TokenReader _tokens;
    private readonly OperandParser _operands;

    public ExpressionParser(ParserState state)
    {
        (_state, _tokens) = (state, state.Tokens);
        _operands = new OperandParser(state, this);
    }

    /// <summary>An expression.</summary>
    /// <param name="withCondition">Whether <c>a if c else b</c> is allowed.</param>
    public Expression Parse(bool withCondition = true)
    {
        _state.EnterExpression();
        var expression = withCondition ? Conditional() : Or();
        _state.LeaveExpression();
        return expression;
    }

    /// <summary>One expression, or several with commas, which make a tuple.</summary>
    /// <param name="withCondition">Whether <c>a if c else b</c> is allowed.</param>
    /// <param name="isInParentheses">Whether nothing at all is a tuple too.</param>
    /// <param name="end">A name that ends the list.</param>
    /// <param name="isTarget">Whether only operands are allowed, as in a target.</param>
    public Expression ParseTuple(bool withCondition = true, bool isInParentheses = false, string? end = null, bool isTarget = false)
    {
        List<Expression> items = [];
        var isTuple = false;
        while (true)
        {
            if (items.Count > 0) _tokens.ExpectOperator(",");
            if (_tokens.Current.Kind is TokenKind.PrintEnd or TokenKind.BlockEnd
                || _tokens.Current.IsOperator(")")
                || (end is not null && _tokens.Current.IsName(end))) break;
            items.Add(isTarget ? _operands.Primary() : Parse(withCondition));
            if (!_tokens.Current.IsOperator(",")) break;
            isTuple = true;
        }

        if (isTuple || (items.Count == 0 && isInParentheses)) return new ListNode([.. items], isTuple: true);
        return items.Count > 0 ? items[0] : throw _tokens.Error($"an expression is expected, but here is {_tokens.Current.Description}");
    }

    private Expression Conditional()
    {
        // What a condition guards may hold unknown filters; that it guards is known only behind them.
        var unknown = _state.Unknown;
        var value = Or();
        while (_tokens.TrySkipName("if"))
        {
            _state.Count();
            var condition = Or();
            value = new ConditionalNode(condition, value, _tokens.TrySkipName("else") ? Parse() : null);
            _state.Unknown = unknown;
        }

        return value;
    }

    private Expression Or() => Logic("or", And);

    private Expression And() => Logic("and", Not);

    private Expression Logic(string word, Func<Expression> operand)
    {
        var first = operand();
        if (!_tokens.Current.IsName(word)) return first;
        List<Expression> items = [first];
        while (_tokens.TrySkipName(word))
        {
            _state.Count();
            items.Add(operand());
        }

        return new LogicNode(word == "and", [.. items]);
    }

    private Expression Not()
    {
        if (!_tokens.TrySkipName("not")) return Compare();
        _state.EnterExpression();
        _state.Count();
        var node = new NotNode(Not());
        _state.LeaveExpression();
        return node;
    }

    private Expression Compare()
    {
        var first = Sum();
        List<(string, Expression)> rest = [];
        while (Comparison() is { } symbol)
        {
            _state.Count();
            rest.Add((symbol, Sum()));
        }

        return rest.Count == 0 ? first : new CompareNode(first, [.. rest]);
    }

    private string? Comparison()
    {
        var token = _tokens.Current;
        if (token.Kind == TokenKind.Operator && token.Text is "==" or "!=" or "<" or "<=" or ">" or ">=") return _tokens.Next().Text;
        if (_tokens.TrySkipName("in")) return "in";
        if (!token.IsName("not") || !_tokens.Following.IsName("in")) return null;
        _tokens.Next();
        _tokens.Next();
        return "not in";
    }

    private Expression Sum()
    {
        var left = Concat();
        while (_tokens.Current.IsOperator("+") || _tokens.Current.IsOperator("-"))
        {
            _state.Count();
            left = new OperatorNode(_tokens.Next().Text, left, Concat());
        }

        return left;
    }

    private Expression Concat()
    {
        var first = Product();
        if (!_tokens.Current.IsOperator("~")) return first;
        List<Expression> items = [first];
        while (_tokens.TrySkipOperator("~"))
        {
            _state.Count();
            items.Add(Product());
        }

        return new ConcatNode([.. items]);
    }

    private Expression Product()
    {
        var left = Power();
        while (_tokens.Current.Kind == TokenKind.Operator && _tokens.Current.Text is "*" or "/" or "//" or "%")
        {
            _state.Count();
            left = new OperatorNode(_tokens.Next().Text, left, Power());
        }

        return left;
    }

    // Signs bind tighter than powers here, and powers group from the left; Python does neither.
    private Expression Power()
    {
        var left = _operands.Signed();
        while (_tokens.TrySkipOperator("**"))
        {
            _state.Count();
            left = new OperatorNode("**", left, _operands.Signed());
        }

        return left;
    }
}
