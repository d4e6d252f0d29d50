using System.Globalization;
using Gemma.Runtime.Prompts.Jinja.Methods;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Filters;

/// <summary><c>attribute='a.b.0'</c>: goes deep.</summary>
internal static class AttributePath
{
    /// <summary>What is there.</summary>
    /// <param name="run">The rendering.</param>
    /// <param name="item">Where the path begins.</param>
    /// <param name="path">A text with points, or an index.</param>
    /// <param name="otherwise">What stands for what is not there.</param>
    public static JinjaValue Read(RenderRun run, JinjaValue item, JinjaValue path, JinjaValue? otherwise = null)
    {
        if (path is not TextValue text) return ValueAccess.Item(run, item, path);
        foreach (var part in run.Flat(text).Split('.'))
        {
            item = ValueAccess.Item(run, item,
                part.Length > 0 && part.All(char.IsAsciiDigit) && int.TryParse(part, CultureInfo.InvariantCulture, out var index)
                    ? IntValue.From(index)
                    : TextValue.FromTemplate(part));
            if (item is UndefinedValue && otherwise is not null) item = otherwise;
        }

        return item;
    }
}
