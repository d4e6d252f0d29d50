using System.Text.Json;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>The values that schemas enumerate, of which only those are left that follow all the schemas say.</summary>
internal static class EnumeratedValues
{
    /// <summary>The values, each once.</summary>
    public static List<JsonElement> Of(SchemaContext context, SchemaConjunction schemas)
    {
        var source = schemas.Schemas.First(schema => schema.Keywords.Values is not null);
        var validator = new SchemaValidator(context, source);
        var seen = new HashSet<string>();
        return [.. source.Keywords.Values!.Where(value => seen.Add(value.GetRawText()) && schemas.Schemas.All(schema => validator.IsValid(value, schema)))];
    }
}
