using System.Text.Json;

namespace Gemma.Benchmarks.Constraints;

/// <summary>Schemas keyword by keyword, alone and as a property, an item and beside null.</summary>
internal static class SchemaKeywordCases
{
    private static readonly string[] Schemas =
    [
        """{"type":"string","pattern":"^[A-Z]{3}-[0-9]{4}$"}""",
        """{"type":"string","pattern":"foo"}""",
        """{"type":"string","pattern":"^(cat|dog)s?$","minLength":4}""",
        """{"type":"string","pattern":"^(?=.*[A-Z])(?=.*\\d).{8,16}$"}""",
        """{"type":"string","pattern":"^[^\\d\\s]+$","maxLength":10}""",
        """{"type":"string","pattern":"^\\w+(\\.\\w+)*$","maxLength":30}""",
        """{"type":"string","minLength":3,"maxLength":3}""",
        """{"type":"string","minLength":5}""",
        """{"type":"string","maxLength":4000}""",
        """{"type":"string","format":"email"}""",
        """{"type":"string","format":"uri"}""",
        """{"type":"string","format":"ipv4"}""",
        """{"type":"string","format":"ipv6"}""",
        """{"type":"string","format":"duration"}""",
        """{"type":"string","format":"hostname"}""",
        """{"type":"string","contentEncoding":"base64","maxLength":24}""",
        """{"type":"string","not":{"enum":["a","b"]}}""",
        """{"type":"integer","minimum":1,"maximum":5}""",
        """{"type":"integer","minimum":-17,"maximum":1234567}""",
        """{"type":"integer","exclusiveMinimum":0,"exclusiveMaximum":3}""",
        """{"type":"integer","multipleOf":7}""",
        """{"type":"integer","multipleOf":1000,"minimum":0,"maximum":100000}""",
        """{"type":"integer","not":{"const":3},"minimum":0,"maximum":4}""",
        """{"type":"integer","minimum":5000000000}""",
        """{"type":"number","minimum":0,"maximum":1}""",
        """{"type":"number","exclusiveMinimum":0}""",
        """{"type":"number","multipleOf":0.05,"minimum":-1,"maximum":1}""",
        """{"type":"array","items":{"type":"boolean"},"minItems":1,"maxItems":3}""",
        """{"type":"array","items":{"enum":["a","b","c"]},"uniqueItems":true,"minItems":2}""",
        """{"type":"array","items":{"type":"integer","minimum":1,"maximum":6},"uniqueItems":true,"minItems":6}""",
        """{"type":"array","items":{"type":"string","maxLength":3},"uniqueItems":true,"minItems":2}""",
        """{"type":"array","prefixItems":[{"type":"string"},{"type":"number"}],"items":false,"minItems":2}""",
        """{"type":"object","additionalProperties":{"type":"integer"},"minProperties":2,"maxProperties":4}""",
        """{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"},"c":{"type":"integer"}},"minProperties":2,"maxProperties":2}""",
        """{"type":"object","properties":{"a":{"type":"integer"}},"patternProperties":{"^x_":{"type":"string"}},"additionalProperties":{"type":"boolean"}}""",
        """{"type":"object","propertyNames":{"pattern":"^[a-z]{2}$"},"additionalProperties":{"type":"integer"},"minProperties":1}""",
        """{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}},"dependentRequired":{"a":["b"]},"additionalProperties":false}""",
        """{"enum":["a","ab",12,true,null,{"x":1.5}]}""",
        """{"const":{"state":"open","lines":[1,2]}}""",
        """{"allOf":[{"enum":["a","b"]},{"enum":["b","c"]}]}""",
        """{"allOf":[{"type":"integer","minimum":3},{"maximum":8}]}""",
        """{"type":"object","allOf":[{"properties":{"p":{"type":"boolean"}},"required":["p"]},{"properties":{"q":{"type":"integer","minimum":0}},"required":["q"]}]}""",
        """{"anyOf":[{"type":"integer"},{"type":"string","maxLength":5}]}""",
        """{"oneOf":[{"type":"object","properties":{"k":{"const":"a"},"x":{"type":"integer"}},"required":["k"]},{"type":"object","properties":{"k":{"const":"b"}},"required":["k"]}]}""",
    ];

    /// <summary>The schemas.</summary>
    public static IEnumerable<SchemaCase> Cases()
    {
        foreach (var schema in Schemas)
        {
            yield return Of(schema);
            yield return Of($$$"""{"type":"object","properties":{"p":{{{schema}}},"q":{{{schema}}}},"required":["p"],"additionalProperties":false}""");
            yield return Of($$$"""{"type":"array","items":{{{schema}}},"minItems":1,"maxItems":3}""");
            yield return Of(
                $$$"""{"type":"object","properties":{"v":{"$ref":"#/$defs/s"},"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["v","next"],"additionalProperties":false,"$defs":{"s":{{{schema}}}}}""");
        }
    }

    private static SchemaCase Of(string schema) => new(schema, JsonElement.Parse(schema));
}
