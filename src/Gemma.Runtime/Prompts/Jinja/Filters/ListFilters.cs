using System.Security.Cryptography;
using Gemma.Runtime.Prompts.Jinja.Methods;
using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Filters;

/// <summary>Filters over items.</summary>
internal static class ListFilters
{
    public static JinjaValue Attr(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var name = run.Flat(ValueText.Str(run, arguments.Bind("attr", "name")[0] ?? throw new JinjaException("attr() needs a name")));
        if (value is UndefinedValue undefined) throw undefined.Error();
        return (name.StartsWith('_') ? null : ValueAccess.Own(run, value, name)) ?? UndefinedValue.Missing(value, name);
    }

    public static JinjaValue Default(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var given = arguments.Bind("default", "default_value", "boolean");
        return value is UndefinedValue || (given[1]?.IsTrue == true && !value.IsTrue) ? given[0] ?? TextValue.Empty : value;
    }

    public static JinjaValue First(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        arguments.Bind("first");
        return ValueItems.Each(run, value).FirstOrDefault() ?? new UndefinedValue("No first item, sequence was empty.");
    }

    public static JinjaValue Last(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        arguments.Bind("last");
        if (value is LazyValue) throw new JinjaException("'generator' object is not reversible");
        if (value is TextValue text && text.Length > 0) return ValueAccess.Item(run, text, IntValue.From(-1));
        return ValueItems.List(run, value) is [.., var last] ? last : new UndefinedValue("No last item, sequence was empty.");
    }

    public static JinjaValue Length(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        arguments.Bind("length");
        if (value is TextValue flat) run.Flat(flat);
        return IntValue.From(value switch
        {
            TextValue text => text.Count,
            ListValue list => list.Items.Count,
            DictValue dict => dict.Items.Count,
            DictView view => view.Items.Count,
            RangeValue range => range.Count,
            LoopValue loop => loop.Count,
            UndefinedValue => 0,
            _ => throw new JinjaException($"object of type '{value.TypeName}' has no len()"),
        });
    }

    public static JinjaValue List(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        arguments.Bind("list");
        return new ListValue(ValueItems.Collect(run, ValueItems.Each(run, value)));
    }

    public static JinjaValue Reverse(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        arguments.Bind("reverse");
        if (value is TextValue text) return ValueAccess.Slice(run, text, null, null, IntValue.From(-1));
        var items = ValueItems.Collect(run, ValueItems.Each(run, value));
        items.Reverse();

        // What can be read once only is a list afterwards.
        return value is LazyValue ? new ListValue(items) : new LazyValue(items, "reverse");
    }

    public static JinjaValue Random(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        arguments.Bind("random");
        var items = ValueItems.List(run, value);
        return items.Count > 0 ? items[RandomNumberGenerator.GetInt32(items.Count)] : new UndefinedValue("No random item, sequence was empty.");
    }

    public static JinjaValue Items(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        arguments.Bind("items");
        return value switch
        {
            UndefinedValue => new LazyValue([], "items"),
            DictValue dict => new LazyValue(dict.Items.Select(item => ListValue.Pair(item.Key, item.Value)), "items"),
            _ => throw new JinjaException("Can only get item pairs from a mapping."),
        };
    }

    public static JinjaValue Join(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        var given = arguments.Bind("join", "d", "attribute");
        var separator = given[0] is { } own ? ValueText.Str(run, own) : TextValue.Empty;
        var items = ValueItems.Each(run, value);
        if (given[1] is { } path && path is not NoneValue) items = items.Select(item => AttributePath.Read(run, item, path));
        var builder = new TextBuilder(run);
        var isFirst = true;
        foreach (var item in items)
        {
            if (!isFirst) builder.Append(separator);
            builder.Append(ValueText.Str(run, item));
            isFirst = false;
        }

        return builder.ToText();
    }
}
