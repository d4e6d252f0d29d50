using System.Globalization;
using System.Numerics;
using System.Text;
using Gemma.Runtime.Prompts.Jinja.Tree;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Syntax;

/// <summary>Reads operands: literals, names, signs, and the attributes, items, calls, filters and tests behind them.</summary>
internal sealed class OperandParser(ParserState state, ExpressionParser expressions)
{
    private readonly TokenReader _tokens = state.Tokens;

    /// <summary>An operand with its sign; filters bind to the signed value.</summary>
    public Expression Signed(bool withFilters = true)
    {
        Expression node;
        if (_tokens.Current.IsOperator("-") || _tokens.Current.IsOperator("+"))
        {
            state.EnterExpression();
            state.Count();
            node = new SignNode(_tokens.Next().Text == "-", Signed(withFilters: false));
            state.LeaveExpression();
        }
        else
        {
            node = Primary();
        }

        node = Postfix(node);
        return withFilters ? Filters(node) : node;
    }

    /// <summary>A literal, a name or an expression in brackets.</summary>
    public Expression Primary()
    {
        state.Count();
        var token = _tokens.Current;
        switch (token.Kind)
        {
            case TokenKind.Name:
                _tokens.Next();
                return Name(token.Text);
            case TokenKind.Text:
                return Text();
            case TokenKind.Integer:
                _tokens.Next();
                return new LiteralNode(IntValue.From(Integer(token.Text)));
            case TokenKind.Float:
                _tokens.Next();
                return new LiteralNode(new FloatValue(double.Parse(token.Text, NumberStyles.Float, CultureInfo.InvariantCulture)));
            case TokenKind.Operator when token.Text == "(":
                _tokens.Next();
                state.EnterExpression();
                var inner = expressions.ParseTuple(isInParentheses: true);
                state.LeaveExpression();
                _tokens.ExpectOperator(")");
                return inner;
            case TokenKind.Operator when token.Text == "[":
                return List();
            case TokenKind.Operator when token.Text == "{":
                return Dict();
            default:
                throw _tokens.Error($"unexpected {token.Description}");
        }
    }

    /// <summary>Filters, without their input if they stand over a block.</summary>
    public FilterNode Filter(Expression? target)
    {
        state.Count();
        var name = DottedName();
        state.CheckFilter(name);
        return new FilterNode(target, name, _tokens.Current.IsOperator("(") ? Arguments() : ArgumentNodes.None);
    }

    private Expression Name(string name)
    {
        switch (name)
        {
            case "true" or "True":
                return new LiteralNode(BoolValue.True);
            case "false" or "False":
                return new LiteralNode(BoolValue.False);
            case "none" or "None":
                return new LiteralNode(NoneValue.Instance);
            default:
                state.Read(name);
                return new NameNode(name);
        }
    }

    private LiteralNode Text()
    {
        var text = _tokens.Next().Text;
        if (_tokens.Current.Kind == TokenKind.Text)
        {
            var joined = new StringBuilder(text);
            while (_tokens.Current.Kind == TokenKind.Text) joined.Append(_tokens.Next().Text);
            text = joined.ToString();
        }

        state.Literals.Add(text);
        return new LiteralNode(TextValue.FromTemplate(text));
    }

    private static BigInteger Integer(string text)
    {
        if (text.Length < 2 || char.IsAsciiDigit(text[1])) return BigInteger.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
        var digits = text.AsSpan(2);
        return text[1] switch
        {
            'x' or 'X' => BigInteger.Parse("0" + digits.ToString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            'b' or 'B' => Based(digits, 2),
            _ => Based(digits, 8),
        };
    }

    private static BigInteger Based(ReadOnlySpan<char> digits, int radix)
    {
        var value = BigInteger.Zero;
        foreach (var digit in digits) value = (value * radix) + (digit - '0');
        return value;
    }

    private ListNode List()
    {
        _tokens.ExpectOperator("[");
        List<Expression> items = [];
        while (!_tokens.Current.IsOperator("]"))
        {
            if (items.Count > 0) _tokens.ExpectOperator(",");
            if (_tokens.Current.IsOperator("]")) break;
            items.Add(expressions.Parse());
        }

        _tokens.ExpectOperator("]");
        return new ListNode([.. items], isTuple: false);
    }

    private DictNode Dict()
    {
        _tokens.ExpectOperator("{");
        List<Expression> items = [];
        while (!_tokens.Current.IsOperator("}"))
        {
            if (items.Count > 0) _tokens.ExpectOperator(",");
            if (_tokens.Current.IsOperator("}")) break;
            items.Add(expressions.Parse());
            _tokens.ExpectOperator(":");
            items.Add(expressions.Parse());
        }

        _tokens.ExpectOperator("}");
        return new DictNode([.. items]);
    }

    private Expression Postfix(Expression node)
    {
        while (true)
        {
            if (_tokens.TrySkipOperator(".")) node = Attribute(node);
            else if (_tokens.Current.IsOperator("[")) node = Item(node);
            else if (_tokens.Current.IsOperator("(")) node = Call(node);
            else return node;
        }
    }

    private Expression Filters(Expression node)
    {
        while (true)
        {
            if (_tokens.TrySkipOperator("|")) node = Filter(node);
            else if (_tokens.TrySkipName("is")) node = Test(node);
            else if (_tokens.Current.IsOperator("(")) node = Call(node);
            else return node;
        }
    }

    private CallNode Call(Expression node)
    {
        state.Count();
        return new CallNode(node, Arguments());
    }

    private Expression Attribute(Expression node)
    {
        state.Count();
        var token = _tokens.Next();
        if (token.Kind == TokenKind.Integer) return new ItemNode(node, new LiteralNode(IntValue.From(Integer(token.Text))));
        if (token.Kind != TokenKind.Name) throw new SyntaxException("a name or a number is expected after the point", token.Line);
        state.Members.Add(token.Text);
        return new AttributeNode(node, token.Text);
    }

    private Expression Item(Expression node)
    {
        state.Count();
        _tokens.ExpectOperator("[");
        List<Expression> keys = [];
        while (true)
        {
            if (_tokens.Current.IsOperator(":") || _tokens.Current.IsOperator("]"))
            {
                if (keys.Count > 0 || _tokens.Current.IsOperator("]")) break;
                return Slice(node, null);
            }

            keys.Add(expressions.Parse());
            if (keys.Count == 1 && _tokens.Current.IsOperator(":")) return Slice(node, keys[0]);
            if (!_tokens.TrySkipOperator(",")) break;
        }

        _tokens.ExpectOperator("]");
        if (keys.Count == 0) throw _tokens.Error("an item access needs a key");
        if (keys is [LiteralNode { Value: TextValue literal }]) state.Members.Add(literal.Flat);
        return new ItemNode(node, keys.Count == 1 ? keys[0] : new ListNode([.. keys], isTuple: true));
    }

    private SliceNode Slice(Expression node, Expression? start)
    {
        _tokens.ExpectOperator(":");
        var stop = Bound();
        var step = _tokens.TrySkipOperator(":") ? Bound() : null;
        _tokens.ExpectOperator("]");
        return new SliceNode(node, start, stop, step);
    }

    private Expression? Bound() => _tokens.Current.IsOperator(":") || _tokens.Current.IsOperator("]") ? null : expressions.Parse();

    private Expression Test(Expression node)
    {
        state.Count();
        var isNegated = _tokens.TrySkipName("not");
        var name = DottedName();
        state.CheckTest(name);
        var arguments = ArgumentNodes.None;
        var token = _tokens.Current;
        if (token.IsOperator("("))
        {
            arguments = Arguments();
        }
        else if (token.Kind is TokenKind.Name or TokenKind.Text or TokenKind.Integer or TokenKind.Float || token.IsOperator("[") || token.IsOperator("{"))
        {
            if (token.IsName("is")) throw _tokens.Error("tests cannot be chained with 'is'");
            if (!(token.Kind == TokenKind.Name && token.Text is "else" or "or" or "and")) arguments = new ArgumentNodes([Postfix(Primary())], []);
        }

        var test = new TestNode(node, name, arguments);
        return isNegated ? new NotNode(test) : test;
    }

    private string DottedName()
    {
        var name = _tokens.ExpectName();
        while (_tokens.TrySkipOperator(".")) name += "." + _tokens.ExpectName();
        return name;
    }

    private ArgumentNodes Arguments()
    {
        _tokens.ExpectOperator("(");
        List<Expression> positional = [];
        List<KeyValuePair<string, Expression>> named = [];
        Expression? list = null, dict = null;
        for (var isFirst = true; !_tokens.Current.IsOperator(")"); isFirst = false)
        {
            if (!isFirst) _tokens.ExpectOperator(",");
            if (_tokens.Current.IsOperator(")")) break;
            if (_tokens.TrySkipOperator("*"))
            {
                list = list is null && dict is null ? expressions.Parse() : throw Invalid();
            }
            else if (_tokens.TrySkipOperator("**"))
            {
                dict = dict is null ? expressions.Parse() : throw Invalid();
            }
            else if (_tokens.Current.Kind == TokenKind.Name && _tokens.Following.IsOperator("="))
            {
                if (dict is not null) throw Invalid();
                var name = _tokens.Next().Text;
                _tokens.Next();
                named.Add(new(name, expressions.Parse()));
            }
            else
            {
                if (named.Count > 0 || list is not null || dict is not null) throw Invalid();
                positional.Add(expressions.Parse());
            }
        }

        _tokens.ExpectOperator(")");
        return new ArgumentNodes([.. positional], [.. named], list, dict);
    }

    private SyntaxException Invalid() => _tokens.Error("the arguments of this call are in a wrong order");
}
