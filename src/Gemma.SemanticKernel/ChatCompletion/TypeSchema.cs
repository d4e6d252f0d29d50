using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Gemma.SemanticKernel;

/// <summary>
/// Makes schemas of .NET types, with what the types themselves demand and .NET's exporter leaves out: the limits of numbers, and base64 for bytes.
/// </summary>
internal static class TypeSchema
{
    private static readonly AIJsonSchemaCreateOptions Options = new() { TransformSchemaNode = Transform };

    /// <summary>The schema of a type.</summary>
    public static JsonElement Create(Type type) =>
        AIJsonUtilities.CreateJsonSchema(type, serializerOptions: AIJsonUtilities.DefaultOptions, inferenceOptions: Options);

    private static JsonNode Transform(AIJsonSchemaCreateContext context, JsonNode node)
    {
        if (node is not JsonObject schema) return node;
        var type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        if (type == typeof(byte[])) schema.TryAdd("contentEncoding", "base64");
        (JsonNode Low, JsonNode High)? range = Type.GetTypeCode(type) switch
        {
            _ when type.IsEnum => null,
            TypeCode.SByte => (sbyte.MinValue, sbyte.MaxValue),
            TypeCode.Byte => (byte.MinValue, byte.MaxValue),
            TypeCode.Int16 => (short.MinValue, short.MaxValue),
            TypeCode.UInt16 => (ushort.MinValue, ushort.MaxValue),
            TypeCode.Int32 => (int.MinValue, int.MaxValue),
            TypeCode.UInt32 => (uint.MinValue, uint.MaxValue),
            TypeCode.Int64 => (long.MinValue, long.MaxValue),
            TypeCode.UInt64 => (ulong.MinValue, ulong.MaxValue),
            _ => null,
        };
        if (range is not { } limits) return node;
        if (!schema.ContainsKey("exclusiveMinimum")) schema.TryAdd("minimum", limits.Low);
        if (!schema.ContainsKey("exclusiveMaximum")) schema.TryAdd("maximum", limits.High);
        return node;
    }
}
