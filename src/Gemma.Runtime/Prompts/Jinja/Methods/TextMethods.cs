using System.Globalization;
using System.Text;
using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Methods;

/// <summary>The methods of texts.</summary>
internal static class TextMethods
{
    public static JinjaValue? Find(TextValue text, string name)
    {
        Func<RenderRun, CallArguments, JinjaValue>? method = name switch
        {
            "upper" => (run, arguments) => Map(run, text, arguments, name, PythonCase.Upper),
            "lower" => (run, arguments) => Map(run, text, arguments, name, PythonCase.Lower),
            "title" => (run, arguments) => Map(run, text, arguments, name, TextCase.Title),
            "capitalize" => (run, arguments) => Map(run, text, arguments, name, TextCase.Capitalize),
            "swapcase" => (run, arguments) => Map(run, text, arguments, name, PythonCase.Swap),
            "casefold" => (run, arguments) => arguments.Take(name, 0, 0) is var _ ? MixedText.From(run, PythonCase.Fold(run.Flat(text)), text) : text,
            "strip" => (run, arguments) => TextSearch.Strip(run, text, arguments.Take(name, 0, 1)[0], fromStart: true, fromEnd: true),
            "lstrip" => (run, arguments) => TextSearch.Strip(run, text, arguments.Take(name, 0, 1)[0], fromStart: true, fromEnd: false),
            "rstrip" => (run, arguments) => TextSearch.Strip(run, text, arguments.Take(name, 0, 1)[0], fromStart: false, fromEnd: true),
            "split" or "rsplit" => (run, arguments) => Split(run, text, name, arguments),
            "splitlines" => (run, arguments) => TextSearch.Lines(run, text, arguments.Bind(name, "keepends")[0]?.IsTrue == true),
            "replace" => (run, arguments) => Replace(run, text, arguments.Take(name, 2, 3)),
            "join" => (run, arguments) => Join(run, text, arguments.Take(name, 1, 1)[0]!),
            "startswith" or "endswith" => (run, arguments) => TextTests.Edge(run, text, name, arguments.Take(name, 1, 3)),
            "find" or "rfind" or "index" or "rindex" or "count" => (run, arguments) => TextTests.Find(run, text, name, arguments.Take(name, 1, 3)),
            "partition" or "rpartition" => (run, arguments) => Partition(run, text, Text(name, arguments.Take(name, 1, 1)[0]!), name == "rpartition"),
            "removeprefix" => (run, arguments) => Remove(run, text, Text(name, arguments.Take(name, 1, 1)[0]!), fromEnd: false),
            "removesuffix" => (run, arguments) => Remove(run, text, Text(name, arguments.Take(name, 1, 1)[0]!), fromEnd: true),
            "format" => (run, arguments) => BraceFormat.Apply(run, text, arguments),
            "format_map" =>
                (run, arguments) =>
                    BraceFormat.Apply(run, text,
                        new CallArguments([],
                            [.. ((arguments.Take(name, 1, 1)[0] as DictValue)?.Items ?? []).Where(item => item.Key is TextValue)
                                .Select(item => new KeyValuePair<TextValue, JinjaValue>((TextValue)item.Key, item.Value))])),
            "center" => (run, arguments) => arguments.Take(name, 1, 2) is var given ? TextPadding.Center(run, text, given[0]!, given[1]) : text,
            "ljust" => (run, arguments) => arguments.Take(name, 1, 2) is var given ? TextPadding.Left(run, text, given[0]!, given[1]) : text,
            "rjust" => (run, arguments) => arguments.Take(name, 1, 2) is var given ? TextPadding.Right(run, text, given[0]!, given[1]) : text,
            "zfill" => (run, arguments) => TextPadding.Zeros(run, text, arguments.Take(name, 1, 1)[0]!),
            "expandtabs" =>
                (run, arguments) =>
                    TextPadding.ExpandTabs(run, text,
                        ValueNumber.Whole(arguments.Bind(name, "tabsize")[0] ?? IntValue.From(8), "expandtabs() needs an integer")),
            "encode" => (run, arguments) => Encode(run, text, arguments.Bind(name, "encoding", "errors")),
            "isalpha" or "isdigit" or "isdecimal" or "isnumeric" or "isalnum" or "isspace" or "isupper" or "islower" or "istitle" or "isascii"
                or "isidentifier" or "isprintable" => (run, arguments) => TextTests.Is(run, text, name, arguments.Take(name, 0, 0)),
            "translate" or "maketrans" => (_, _) => throw new JinjaException($"the method '{name}' of texts is not supported"),
            _ => null,
        };
        return method is null ? null : new FunctionValue(name, method);
    }

    private static TextValue Map(RenderRun run, TextValue text, CallArguments arguments, string name, TextMap.Change change)
    {
        arguments.Take(name, 0, 0);
        return TextMap.Apply(run, text, change);
    }

    private static TextValue Text(string method, JinjaValue value) =>
        value as TextValue ?? throw new JinjaException($"{method}() needs a text, not {value.TypeName}");

    private static ListValue Split(RenderRun run, TextValue text, string name, CallArguments arguments)
    {
        var given = arguments.Bind(name, "sep", "maxsplit");
        return TextSearch.Split(run, text, given[0], given[1] is null
            ? -1
            : ValueNumber.Whole(given[1], $"{name}() needs a count that is an integer"), fromEnd: name == "rsplit");
    }

    private static TextValue Replace(RenderRun run, TextValue text, JinjaValue?[] given) =>
        TextSearch.Replace(run, text, Text("replace", given[0]!), Text("replace", given[1]!), given[2] is null
            ? -1
            : ValueNumber.Whole(given[2], "replace() needs a count that is an integer"));

    private static TextValue Join(RenderRun run, TextValue separator, JinjaValue value)
    {
        var builder = new TextBuilder(run);
        var index = 0;
        foreach (var item in ValueItems.Each(run, value))
        {
            if (item is not TextValue text) throw new JinjaException($"sequence item {index}: expected str instance, {item.TypeName} found");
            if (index++ > 0) builder.Append(separator);
            builder.Append(Markup.Beside(run, separator, text));
        }

        return builder.ToText(separator.IsMarkup);
    }

    private static ListValue Partition(RenderRun run, TextValue text, TextValue separator, bool fromEnd)
    {
        var (flat, search) = (run.Flat(text), run.Flat(separator));
        if (search.Length == 0) throw new JinjaException("empty separator");
        var found = fromEnd ? flat.LastIndexOf(search, StringComparison.Ordinal) : flat.IndexOf(search, StringComparison.Ordinal);
        List<JinjaValue> parts = (found, fromEnd) switch
        {
            ( < 0, true) => [TextValue.Empty, TextValue.Empty, text],
            ( < 0, false) => [text, TextValue.Empty, TextValue.Empty],
            _ => [text.Slice(run, 0, found), text.Slice(run, found, search.Length),
                text.Slice(run, found + search.Length, flat.Length - found - search.Length)],
        };
        return new ListValue(parts, isTuple: true);
    }

    private static TextValue Remove(RenderRun run, TextValue text, TextValue part, bool fromEnd)
    {
        var (flat, search) = (run.Flat(text), run.Flat(part));
        if (search.Length == 0 || !(fromEnd ? flat.EndsWith(search, StringComparison.Ordinal) : flat.StartsWith(search, StringComparison.Ordinal))) return text;
        return text.Slice(run, fromEnd ? 0 : search.Length, flat.Length - search.Length);
    }

    private static BytesValue Encode(RenderRun run, TextValue text, JinjaValue?[] given)
    {
        var name = given[0] is null ? "utf-8" : run.Flat(Text("encode", given[0]!)).ToLower(CultureInfo.InvariantCulture);
        if (name is not ("utf-8" or "utf8" or "ascii")) throw new JinjaException($"the encoding '{name}' is not supported");
        var flat = run.Flat(text);
        run.ChargeText(flat.Length * 3L);
        return new BytesValue(Encoding.UTF8.GetBytes(flat));
    }
}
