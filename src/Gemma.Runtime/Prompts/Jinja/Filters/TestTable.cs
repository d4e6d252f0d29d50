using System.Collections.Frozen;
using Gemma.Runtime.Prompts.Jinja.Methods;
using Gemma.Runtime.Prompts.Jinja.Operators;
using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Filters;

/// <summary>The tests by name.</summary>
internal static class TestTable
{
    private static readonly FrozenDictionary<string, Test> Tests = new Dictionary<string, Test>
    {
        ["boolean"] = (_, value, _) => value is BoolValue,
        ["callable"] = (_, value, _) => value is CallableValue or UndefinedValue,
        ["defined"] = (_, value, _) => value is not UndefinedValue,
        ["divisibleby"] = (run, value, arguments) => IsZero(Arithmetic.Apply(run, "%", value, Other("divisibleby", arguments))),
        ["escaped"] = (_, value, _) => value is TextValue { IsMarkup: true },
        ["even"] = (run, value, _) => IsZero(Arithmetic.Apply(run, "%", value, IntValue.From(2))),
        ["false"] = (_, value, _) => ReferenceEquals(value, BoolValue.False),
        ["filter"] = (run, value, _) => value is TextValue name && FilterTable.Contains(run.Flat(name)),
        ["float"] = (_, value, _) => value is FloatValue,
        ["integer"] = (_, value, _) => value is IntValue,
        ["iterable"] = (_, value, _) => ValueItems.IsIterable(value),
        ["lower"] = (run, value, _) => TextTests.IsLower(run, value),
        ["mapping"] = (_, value, _) => value is DictValue,
        ["none"] = (_, value, _) => value is NoneValue,
        ["number"] = (_, value, _) => ValueNumber.Of(value) is not null,
        ["odd"] = (run, value, _) => ValueComparison.AreEqual(run, Arithmetic.Apply(run, "%", value, IntValue.From(2)), IntValue.From(1)),
        ["sameas"] = (_, value, arguments) => ReferenceEquals(value, Other("sameas", arguments)),
        ["sequence"] = (_, value, _) => value is TextValue or ListValue or DictValue or RangeValue or UndefinedValue,
        ["string"] = (_, value, _) => value is TextValue,
        ["test"] = (run, value, _) => value is TextValue name && Contains(run.Flat(name)),
        ["true"] = (_, value, _) => ReferenceEquals(value, BoolValue.True),
        ["undefined"] = (_, value, _) => value is UndefinedValue,
        ["upper"] = (run, value, _) => TextTests.IsUpper(run, value),
        ["in"] = (run, value, arguments) => ValueComparison.Contains(run, Other("in", arguments), value),
        ["eq"] = Equal,
        ["equalto"] = Equal,
        ["=="] = Equal,
        ["ne"] = (run, value, arguments) => !Equal(run, value, arguments),
        ["!="] = (run, value, arguments) => !Equal(run, value, arguments),
        ["gt"] = Greater,
        ["greaterthan"] = Greater,
        [">"] = Greater,
        ["ge"] = GreaterOrEqual,
        [">="] = GreaterOrEqual,
        ["lt"] = Less,
        ["lessthan"] = Less,
        ["<"] = Less,
        ["le"] = LessOrEqual,
        ["<="] = LessOrEqual,
    }.ToFrozenDictionary();

    private static readonly FrozenSet<string> WithArgument = new[] { "divisibleby", "sameas", "in", "eq", "equalto", "==", "ne", "!=", "gt", "greaterthan", ">",
        "ge", ">=", "lt", "lessthan", "<", "le", "<=" }.ToFrozenSet();

    public static bool Contains(string name) => Tests.ContainsKey(name);

    /// <summary>Whether a test holds.</summary>
    /// <exception cref="JinjaException">There is no such test, or it takes no argument.</exception>
    public static bool Holds(RenderRun run, string name, JinjaValue value, CallArguments arguments)
    {
        var test = Find(name);
        if (arguments.Positional.Count + arguments.Named.Count > 0 && !WithArgument.Contains(name))
            throw new JinjaException($"the test '{name}' takes no argument");
        return test(run, value, arguments);
    }

    private static Test Find(string name) => Tests.TryGetValue(name, out var test) ? test : throw new JinjaException($"there is no test '{name}'");

    private static JinjaValue Other(string name, CallArguments arguments) =>
        arguments.Bind(name, "other")[0] ?? throw new JinjaException($"the test '{name}' needs an argument");

    private static bool IsZero(JinjaValue value) => !value.IsTrue;

    private static bool Equal(RenderRun run, JinjaValue value, CallArguments arguments) => ValueComparison.AreEqual(run, value, Other("eq", arguments));

    private static bool Greater(RenderRun run, JinjaValue value, CallArguments arguments) => ValueComparison.Order(run, value, Other("gt", arguments), ">") > 0;

    private static bool GreaterOrEqual(RenderRun run, JinjaValue value, CallArguments arguments) =>
        ValueComparison.Order(run, value, Other("ge", arguments), ">=") >= 0;

    private static bool Less(RenderRun run, JinjaValue value, CallArguments arguments) => ValueComparison.Order(run, value, Other("lt", arguments)) < 0;

    private static bool LessOrEqual(RenderRun run, JinjaValue value, CallArguments arguments) =>
        ValueComparison.Order(run, value, Other("le", arguments), "<=") <= 0;
}
