using System.Collections.Frozen;
using System.Numerics;
using Gemma.Runtime.Prompts.Jinja.Operators;
using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Filters;

/// <summary>The functions that every template has: Jinja's own, and transformers' two.</summary>
internal static class Globals
{
    private static readonly FrozenDictionary<string, FunctionValue> Functions = new FunctionValue[]
    {
        new("range", Range),
        new("dict", Dict),
        new("namespace", Namespace),
        new("cycler", Cycler),
        new("joiner", Joiner),
        new("lipsum", (_, _) => throw new JinjaException("the function 'lipsum' is not supported")),
        new("raise_exception", RaiseException),
        new("strftime_now", StrfTimeNow),
    }.ToFrozenDictionary(function => function.Name);

    /// <summary>A function, or null. <c>self</c> is there too, but has nothing.</summary>
    public static JinjaValue? Find(string name) => Functions.GetValueOrDefault(name) ?? (name == "self" ? new NamespaceValue() : null as JinjaValue);

    private static RangeValue Range(RenderRun run, CallArguments arguments)
    {
        var given = arguments.Take("range", 1, 3);
        var first = Integer(given[0]!);
        return given[1] is null ? RangeValue.Create(0, first, 1) : RangeValue.Create(first, Integer(given[1]!), given[2] is null ? 1 : Integer(given[2]!));
    }

    private static BigInteger Integer(JinjaValue value) => value switch
    {
        UndefinedValue undefined => throw undefined.Error(),
        IntValue or BoolValue => ValueNumber.Of(value)!.Value.Integer,
        _ => throw new JinjaException($"'{value.TypeName}' object cannot be interpreted as an integer"),
    };

    private static DictValue Dict(RenderRun run, CallArguments arguments)
    {
        var dict = new DictValue();
        Fill(run, "dict", arguments, dict.Set);
        return dict;
    }

    private static NamespaceValue Namespace(RenderRun run, CallArguments arguments)
    {
        var result = new NamespaceValue();
        Fill(run, "namespace", arguments,
            (key, value) => result.Set(run.Flat(key as TextValue ?? throw new JinjaException("the names of a namespace are texts")), value));
        return result;
    }

    private static void Fill(RenderRun run, string name, CallArguments arguments, Action<JinjaValue, JinjaValue> set)
    {
        if (arguments.Positional.Count > 1) throw new JinjaException($"{name} expected at most 1 argument, got {arguments.Positional.Count}");
        foreach (var source in arguments.Positional)
        {
            var pairs = source is DictValue dict ? dict.Items : ValueItems.List(run, source).Select(item => ValueItems.List(run, item) is [var key, var value]
                ? new KeyValuePair<JinjaValue, JinjaValue>(key, value)
                : throw new JinjaException("pairs of a key and a value are expected"));
            foreach (var (key, value) in pairs) Add(key, value);
        }

        foreach (var (key, value) in arguments.Named) Add(key, value);

        void Add(JinjaValue key, JinjaValue value)
        {
            run.Charge(40);
            if (key is TextValue text) run.Flat(text);
            set(key, value);
        }
    }

    private static CyclerValue Cycler(RenderRun run, CallArguments arguments) =>
        arguments.Positional.Count > 0 ? new CyclerValue(arguments.Positional) : throw new JinjaException("at least one item has to be provided");

    private static FunctionValue Joiner(RenderRun run, CallArguments arguments)
    {
        var separator = arguments.Bind("joiner", "sep")[0] ?? TextValue.FromTemplate(", ");
        var isUsed = false;
        return new FunctionValue("joiner", (_, _) =>
        {
            if (isUsed) return separator;
            isUsed = true;
            return TextValue.Empty;
        });
    }

    private static JinjaValue RaiseException(RenderRun run, CallArguments arguments) =>
        throw new JinjaException(run.Flat(ValueText.Str(run, arguments.Bind("raise_exception", "message")[0]
            ?? throw new JinjaException("raise_exception() missing 1 required positional argument: 'message'"))), isRaised: true);

    private static TextValue StrfTimeNow(RenderRun run, CallArguments arguments)
    {
        if (arguments.Bind("strftime_now", "format")[0] is not TextValue format) throw new JinjaException("strftime_now() needs a format");
        return MixedText.From(run, StrfTime.Format(run, run.Flat(format), run.Time.GetLocalNow()), format);
    }
}
