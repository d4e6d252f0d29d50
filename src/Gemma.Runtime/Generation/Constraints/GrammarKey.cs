using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Generation.Constraints;

/// <summary>Tells grammars apart by a digest of all they are made of, so that a key is small whatever the schemas are.</summary>
internal static class GrammarKey
{
    /// <summary>The key of a grammar.</summary>
    /// <param name="kind">What is compiled of the schema.</param>
    /// <param name="schema">The schema, or one of kind Undefined.</param>
    /// <param name="functions">The functions that may be called.</param>
    public static string Of(string kind, JsonElement schema, IReadOnlyList<AIFunctionDeclaration> functions)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, Encoding.UTF8.GetBytes(kind));
        Append(hash, RawText(schema));
        foreach (var function in functions)
        {
            Append(hash, Encoding.UTF8.GetBytes(function.Name));
            Append(hash, RawText(function.JsonSchema));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static ReadOnlySpan<byte> RawText(JsonElement schema) => schema.ValueKind == JsonValueKind.Undefined ? [] : JsonMarshal.GetRawUtf8Value(schema);

    // With its length in front, no part can pass for the end of another.
    private static void Append(IncrementalHash hash, ReadOnlySpan<byte> part)
    {
        hash.AppendData(BitConverter.GetBytes(part.Length));
        hash.AppendData(part);
    }
}
