using Gemma.Runtime.Prompts.Jinja.Filters;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary>The variables of a part of a template; what it does not have is looked up in the part around it.</summary>
internal sealed class Scope
{
    private readonly Scope? _parent;
    private readonly IReadOnlyDictionary<string, JinjaValue>? _variables;
    private string[] _names = [];
    private JinjaValue[] _values = [];
    private int _count;

    /// <summary>The outermost scope.</summary>
    /// <param name="run">The rendering.</param>
    /// <param name="variables">The template's variables.</param>
    public Scope(RenderRun run, IReadOnlyDictionary<string, JinjaValue> variables)
    {
        (Run, Root, _variables) = (run, this, variables);
        Output = new TextBuilder(run);
    }

    /// <summary>A scope inside another.</summary>
    /// <param name="parent">The other.</param>
    /// <param name="output">Where its text goes, if not where the other's goes.</param>
    public Scope(Scope parent, TextBuilder? output = null) => (Run, Root, _parent, Output) = (parent.Run, parent.Root, parent, output ?? parent.Output);

    public RenderRun Run { get; }

    /// <summary>The outermost scope.</summary>
    public Scope Root { get; }

    /// <summary>Where text goes.</summary>
    public TextBuilder Output { get; }

    /// <summary>Whether a macro keeps the scope, so that it cannot be used again.</summary>
    public bool IsKept { get; private set; }

    /// <summary>The scope, for a macro that sees it as long as it lives.</summary>
    public Scope Keep()
    {
        for (var scope = this; scope is { IsKept: false }; scope = scope._parent) scope.IsKept = true;
        return this;
    }

    /// <summary>An empty scope in the same place: this one, unless somebody keeps it.</summary>
    public Scope Next()
    {
        if (IsKept) return new Scope(_parent!, Output);
        _count = 0;
        return this;
    }

    /// <summary>A variable, or null.</summary>
    public JinjaValue? Find(string name)
    {
        for (var scope = this; scope is not null; scope = scope._parent)
        {
            for (var i = scope._count - 1; i >= 0; i--)
            {
                // The parser gives out one object per name; other strings come from calls.
                if (ReferenceEquals(scope._names[i], name) || scope._names[i] == name) return scope._values[i];
            }

            if (scope._variables is { } variables) return variables.GetValueOrDefault(name) ?? Globals.Find(name);
        }

        return null;
    }

    /// <summary>Sets a variable of this scope.</summary>
    public void Set(string name, JinjaValue value)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_names[i] != name) continue;
            _values[i] = value;
            return;
        }

        if (_count == _names.Length)
        {
            Array.Resize(ref _names, Math.Max(4, _count * 2));
            Array.Resize(ref _values, Math.Max(4, _count * 2));
        }

        (_names[_count], _values[_count]) = (name, value);
        _count++;
    }
}
