using System.Text.Json;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>A place in a schema document. Each place is one object.</summary>
/// <param name="document">The document.</param>
/// <param name="element">What stands there.</param>
/// <param name="path">Where that is, as a JSON pointer.</param>
/// <param name="parent">What it stands in.</param>
/// <param name="id">The place's number in its document.</param>
internal sealed class SchemaNode(SchemaDocument document, JsonElement element, string path, SchemaNode? parent, int id)
{
    private SchemaKeywords? _keywords;

    /// <summary>What stands there.</summary>
    public JsonElement Element => element;

    /// <summary>Where that is, as a JSON pointer.</summary>
    public string Path => path;

    /// <summary>What it stands in.</summary>
    public SchemaNode? Parent => parent;

    /// <summary>The place's number in its document.</summary>
    public int Id => id;

    /// <summary>Whether the schema is <c>true</c>.</summary>
    public bool IsTrue => element.ValueKind == JsonValueKind.True;

    /// <summary>Whether the schema is <c>false</c>.</summary>
    public bool IsFalse => element.ValueKind == JsonValueKind.False;

    /// <summary>What the schema says, without what it refers to.</summary>
    /// <exception cref="GemmaSchemaException">It is no schema, or has a keyword that cannot be enforced.</exception>
    public SchemaKeywords Keywords => _keywords ??= SchemaReader.Read(document, this);

    /// <summary>The place below this one, or null.</summary>
    public SchemaNode? Child(string name) => document.Child(this, name);

    /// <summary>An error at this place.</summary>
    public GemmaSchemaException Error(string what) =>
        new(path == "#" ? $"The JSON schema {what}." : $"The JSON schema {what}, at '{(path.Length <= 200 ? path : path[..200] + "…")}'.");
}
