using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary>The arguments of a call, a filter or a test.</summary>
/// <param name="Positional">Those by position.</param>
/// <param name="Named">Those by name.</param>
/// <param name="List">What <c>*</c> stands before, or null.</param>
/// <param name="Dict">What <c>**</c> stands before, or null.</param>
internal sealed record ArgumentNodes(Expression[] Positional, KeyValuePair<string, Expression>[] Named, Expression? List = null, Expression? Dict = null)
{
    public static readonly ArgumentNodes None = new([], []);

    /// <summary>All expressions.</summary>
    public IEnumerable<Expression> Parts =>
        [.. Positional, .. Named.Select(item => item.Value), .. List is null ? (Expression[])[] : [List], .. Dict is null ? (Expression[])[] : [Dict]];

    /// <summary>The arguments' values.</summary>
    public CallArguments Evaluate(Scope scope)
    {
        if (Positional.Length == 0 && Named.Length == 0 && List is null && Dict is null) return CallArguments.None;
        List<JinjaValue> positional = new(Positional.Length);
        foreach (var argument in Positional) positional.Add(argument.Evaluate(scope));
        List<KeyValuePair<TextValue, JinjaValue>> named = new(Named.Length);
        foreach (var (name, argument) in Named) named.Add(new(TextValue.FromTemplate(name), argument.Evaluate(scope)));
        if (List is not null) positional.AddRange(ValueItems.List(scope.Run, List.Evaluate(scope)));
        if (Dict is not null) AddNamed(scope, named, Dict.Evaluate(scope));
        return new CallArguments(positional, named);
    }

    private static void AddNamed(Scope scope, List<KeyValuePair<TextValue, JinjaValue>> named, JinjaValue value)
    {
        if (value is not DictValue dict) throw new JinjaException($"argument after ** must be a mapping, not {value.TypeName}");
        scope.Run.ChargeList(dict.Items.Count);
        foreach (var (key, item) in dict.Items) named.Add(key is TextValue text ? new(text, item) : throw new JinjaException("keywords must be strings"));
    }
}
