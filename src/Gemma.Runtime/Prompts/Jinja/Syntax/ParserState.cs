using Gemma.Runtime.Prompts.Jinja.Filters;
using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Syntax;

/// <summary>What the parser knows about the place it is at.</summary>
internal sealed class ParserState(TokenReader tokens)
{
    private readonly List<HashSet<string>> _macroNames = [];
    private int _nodes;
    private int _expressionDepth;
    private int _statementDepth;

    public TokenReader Tokens => tokens;

    /// <summary>How many loops of the same function are around.</summary>
    public int Loops { get; set; }

    /// <summary>Whether an unknown filter or test is an error only when it is reached, as directly in a condition.</summary>
    public bool IsSoft { get; set; }

    /// <summary>The error of the first unknown filter or test of the statement, or null.</summary>
    public SyntaxException? Unknown { get; set; }

    /// <summary>All names that the template reads.</summary>
    public HashSet<string> Names { get; } = [];

    /// <summary>All attributes and keys that the template reads by a literal.</summary>
    public HashSet<string> Members { get; } = [];

    /// <summary>All texts that stand in the template's expressions.</summary>
    public HashSet<string> Literals { get; } = [];

    /// <summary>All texts between the template's tags.</summary>
    public HashSet<string> Texts { get; } = [];

    public void Count()
    {
        if (++_nodes > JinjaLimits.Nodes) throw tokens.Error($"the template has more than {JinjaLimits.Nodes:N0} parts");
    }

    public void EnterExpression()
    {
        if (++_expressionDepth > JinjaLimits.Depth) throw tokens.Error($"expressions are nested more than {JinjaLimits.Depth} deep");
    }

    public void LeaveExpression() => _expressionDepth--;

    public void EnterStatement()
    {
        if (++_statementDepth > JinjaLimits.StatementDepth) throw tokens.Error($"statements are nested more than {JinjaLimits.StatementDepth} deep");
    }

    public void LeaveStatement() => _statementDepth--;

    /// <summary>Begins to collect the names that a macro reads.</summary>
    public HashSet<string> BeginMacro()
    {
        HashSet<string> names = [];
        _macroNames.Add(names);
        return names;
    }

    public void EndMacro() => _macroNames.RemoveAt(_macroNames.Count - 1);

    public void Read(string name)
    {
        Names.Add(name);
        foreach (var names in _macroNames) names.Add(name);
    }

    public void CheckFilter(string name)
    {
        if (!IsSoft && !FilterTable.Contains(name)) Unknown ??= tokens.Error($"there is no filter '{name}'");
    }

    public void CheckTest(string name)
    {
        if (!IsSoft && !TestTable.Contains(name)) Unknown ??= tokens.Error($"there is no test '{name}'");
    }

    /// <summary>Ends a statement.</summary>
    /// <exception cref="SyntaxException">It has an unknown filter or test that no condition guards.</exception>
    public void ThrowUnknown()
    {
        if (Unknown is not null) throw Unknown;
    }
}
