using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary>What a value is assigned to: a name, an attribute of a namespace, or several targets.</summary>
/// <param name="Name">The name, or the namespace's.</param>
/// <param name="Attribute">The namespace's attribute, or null.</param>
/// <param name="Parts">The targets of a tuple; then there is no name.</param>
internal sealed record Target(string Name, string? Attribute = null, Target[]? Parts = null)
{
    /// <summary>Assigns.</summary>
    /// <exception cref="JinjaException">The counts differ, or there is no such namespace.</exception>
    public void Assign(Scope scope, JinjaValue value)
    {
        if (Parts is not null)
        {
            if (value is UndefinedValue undefined) throw undefined.Error();
            var items = ValueItems.List(scope.Run, value);
            if (items.Count != Parts.Length) throw new JinjaException($"{Parts.Length} values to unpack are expected, but there are {items.Count}");
            for (var i = 0; i < Parts.Length; i++) Parts[i].Assign(scope, items[i]);
        }
        else if (Attribute is null)
        {
            scope.Set(Name, value);
        }
        else if (scope.Find(Name) is NamespaceValue target)
        {
            target.Set(Attribute, value);
        }
        else
        {
            throw new JinjaException("cannot assign attribute on non-namespace object");
        }
    }
}
