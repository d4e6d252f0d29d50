using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary>A variable.</summary>
internal sealed class NameNode(string name) : Expression
{
    private readonly UndefinedValue _undefined = new($"'{name}' is undefined");

    public string Name => name;

    protected override JinjaValue Compute(Scope scope) => scope.Find(name) ?? _undefined;
}
