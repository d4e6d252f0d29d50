using System.Collections.Frozen;
using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Filters;

/// <summary>The filters by name: Jinja's, and transformers' <c>tojson</c>.</summary>
internal static class FilterTable
{
    private static readonly FrozenDictionary<string, Filter> Filters = new Dictionary<string, Filter>
    {
        ["abs"] = NumberFilters.Abs,
        ["attr"] = ListFilters.Attr,
        ["batch"] = GroupFilters.Batch,
        ["capitalize"] = TextFilters.Capitalize,
        ["center"] = LayoutFilters.Center,
        ["count"] = ListFilters.Length,
        ["d"] = ListFilters.Default,
        ["default"] = ListFilters.Default,
        ["dictsort"] = SortFilters.DictSort,
        ["e"] = TextFilters.Escape,
        ["escape"] = TextFilters.Escape,
        ["filesizeformat"] = NumberFilters.FileSizeFormat,
        ["first"] = ListFilters.First,
        ["float"] = NumberFilters.Float,
        ["forceescape"] = TextFilters.ForceEscape,
        ["format"] = TextFilters.Format,
        ["groupby"] = GroupFilters.GroupBy,
        ["indent"] = LayoutFilters.Indent,
        ["int"] = NumberFilters.Int,
        ["items"] = ListFilters.Items,
        ["join"] = ListFilters.Join,
        ["last"] = ListFilters.Last,
        ["length"] = ListFilters.Length,
        ["list"] = ListFilters.List,
        ["lower"] = TextFilters.Lower,
        ["map"] = SelectFilters.Map,
        ["max"] = SortFilters.Max,
        ["min"] = SortFilters.Min,
        ["pprint"] = TextFilters.PrettyPrint,
        ["random"] = ListFilters.Random,
        ["reject"] = SelectFilters.Reject,
        ["rejectattr"] = SelectFilters.RejectAttr,
        ["replace"] = TextFilters.Replace,
        ["reverse"] = ListFilters.Reverse,
        ["round"] = NumberFilters.Round,
        ["safe"] = TextFilters.Safe,
        ["select"] = SelectFilters.Select,
        ["selectattr"] = SelectFilters.SelectAttr,
        ["slice"] = GroupFilters.Slice,
        ["sort"] = SortFilters.Sort,
        ["string"] = TextFilters.String,
        ["striptags"] = LayoutFilters.StripTags,
        ["sum"] = NumberFilters.Sum,
        ["title"] = TextFilters.Title,
        ["tojson"] = JsonFilter.Apply,
        ["trim"] = TextFilters.Trim,
        ["truncate"] = LayoutFilters.Truncate,
        ["unique"] = SortFilters.Unique,
        ["upper"] = TextFilters.Upper,
        ["urlencode"] = TextFilters.UrlEncode,
        ["wordcount"] = LayoutFilters.WordCount,
        ["wordwrap"] = LayoutFilters.WordWrap,
    }.ToFrozenDictionary();

    public static bool Contains(string name) => Filters.ContainsKey(name);

    /// <exception cref="JinjaException">There is none.</exception>
    public static Filter Find(string name) => Filters.TryGetValue(name, out var filter) ? filter : throw new JinjaException($"there is no filter '{name}'");
}
