using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Methods;

/// <summary>The methods of dictionaries. Those that would change one are refused, as in Jinja's sandbox.</summary>
internal static class DictMethods
{
    public static JinjaValue? Find(DictValue dict, string name) => name switch
    {
        "get" => new FunctionValue(name, (run, arguments) => Get(run, dict, arguments.Take(name, 1, 2))),
        "keys" => new FunctionValue(name, (_, arguments) => View(dict, "dict_keys", arguments, item => item.Key)),
        "values" => new FunctionValue(name, (_, arguments) => View(dict, "dict_values", arguments, item => item.Value)),
        "items" => new FunctionValue(name, (_, arguments) => View(dict, "dict_items", arguments, item => ListValue.Pair(item.Key, item.Value))),
        "copy" => new FunctionValue(name, (_, _) => dict),
        "clear" or "pop" or "popitem" or "setdefault" or "update" => new UndefinedValue($"access to attribute '{name}' of 'dict' object is unsafe"),
        "fromkeys" => new FunctionValue(name, FromKeys),
        _ => null,
    };

    private static JinjaValue Get(RenderRun run, DictValue dict, JinjaValue?[] arguments)
    {
        var key = arguments[0]!;
        ValueKey.Check(key);
        if (key is TextValue text) run.Flat(text);
        return dict.Find(key) ?? arguments[1] ?? NoneValue.Instance;
    }

    private static DictView View(DictValue dict, string kind, CallArguments arguments, Func<KeyValuePair<JinjaValue, JinjaValue>, JinjaValue> choose)
    {
        arguments.Take(kind, 0, 0);
        return new DictView(kind, [.. dict.Items.Select(choose)]);
    }

    private static DictValue FromKeys(RenderRun run, CallArguments arguments)
    {
        var given = arguments.Take("fromkeys", 1, 2);
        var dict = new DictValue();
        foreach (var key in ValueItems.Each(run, given[0]!))
        {
            run.Charge(40);
            dict.Set(key, given[1] ?? NoneValue.Instance);
        }

        return dict;
    }
}
