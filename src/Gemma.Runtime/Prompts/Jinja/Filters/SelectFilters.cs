using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Filters;

/// <summary>Lazy filters: <c>map</c>, <c>select</c>, <c>reject</c> and those by attribute.</summary>
internal static class SelectFilters
{
    public static JinjaValue Map(RenderRun run, JinjaValue value, CallArguments arguments)
    {
        if (arguments.Positional.Count == 0)
        {
            var given = arguments.Bind("map", "attribute", "default");
            if (given[0] is null) throw new JinjaException("map requires a filter argument");
            return new LazyValue(Items(run, value).Select(item => AttributePath.Read(run, item, given[0]!, given[1])), "map");
        }

        var name = Name(run, arguments);
        return new LazyValue(Items(run, value).Select(item => FilterTable.Find(name)(run, item, arguments.Skip(1))), "map");
    }

    public static JinjaValue Select(RenderRun run, JinjaValue value, CallArguments arguments) => Choose(run, value, "select", null, arguments, true);

    public static JinjaValue Reject(RenderRun run, JinjaValue value, CallArguments arguments) => Choose(run, value, "reject", null, arguments, false);

    public static JinjaValue SelectAttr(RenderRun run, JinjaValue value, CallArguments arguments) =>
        Choose(run, value, "selectattr", Attribute(arguments), arguments.Skip(1), true);

    public static JinjaValue RejectAttr(RenderRun run, JinjaValue value, CallArguments arguments) =>
        Choose(run, value, "rejectattr", Attribute(arguments), arguments.Skip(1), false);

    private static LazyValue Choose(RenderRun run, JinjaValue value, string filter, JinjaValue? attribute, CallArguments arguments, bool isWanted)
    {
        var name = arguments.Positional.Count > 0 ? Name(run, arguments) : null;
        return new LazyValue(Items(run, value).Where(item => Holds(attribute is null ? item : AttributePath.Read(run, item, attribute)) == isWanted), filter);

        bool Holds(JinjaValue item) => name is null ? item.IsTrue : TestTable.Holds(run, name, item, arguments.Skip(1));
    }

    // As in Jinja, these filters take what is false for empty, also None.
    private static IEnumerable<JinjaValue> Items(RenderRun run, JinjaValue value) => value.IsTrue ? ValueItems.Each(run, value) : [];

    private static JinjaValue Attribute(CallArguments arguments) =>
        arguments.Positional.Count > 0 ? arguments.Positional[0] : throw new JinjaException("Missing parameter for attribute name");

    private static string Name(RenderRun run, CallArguments arguments) =>
        arguments.Positional[0] is TextValue name ? run.Flat(name) : throw new JinjaException("the name of a filter or test is expected");
}
