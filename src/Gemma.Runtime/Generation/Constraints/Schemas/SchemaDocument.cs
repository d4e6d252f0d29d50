using System.Globalization;
using System.Text.Json;
using Gemma.Runtime.Generation.Constraints.Compilation;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>A schema document and the references inside it.</summary>
internal sealed class SchemaDocument
{
    private readonly Dictionary<string, SchemaNode> _nodes = [];
    private readonly Action<string>? _onIgnored;

    /// <summary>Opens a document.</summary>
    /// <param name="root">The document.</param>
    /// <param name="budget">Limits what is read.</param>
    /// <param name="onIgnored">Is told of each keyword that cannot be enforced and is left out; if null, such a keyword is an error.</param>
    public SchemaDocument(JsonElement root, CompilationBudget budget, Action<string>? onIgnored)
    {
        Budget = budget;
        _onIgnored = onIgnored;
        Root = Add(root, "#", null);
    }

    /// <summary>The whole.</summary>
    public SchemaNode Root { get; }

    /// <summary>Limits what is read.</summary>
    public CompilationBudget Budget { get; }

    /// <summary>A schema that is not in the document, as if it stood below a place.</summary>
    public SchemaNode Synthetic(SchemaNode parent, string name, string json) =>
        Find($"{parent.Path}/{name}") ?? Add(JsonElement.Parse(json), $"{parent.Path}/{name}", parent);

    /// <summary>The place below another one, or null.</summary>
    public SchemaNode? Child(SchemaNode parent, string name)
    {
        var path = PathOf(parent, name);
        if (Find(path) is { } known) return known;
        var element = parent.Element;
        if (element.ValueKind == JsonValueKind.Object) return element.TryGetProperty(name, out var member) ? Add(member, path, parent) : null;
        if (element.ValueKind != JsonValueKind.Array || !int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index)) return null;
        return index < element.GetArrayLength() ? Add(element[index], path, parent) : null;
    }

    /// <summary>All places right below another one, with their names.</summary>
    public IEnumerable<(string Name, SchemaNode Node)> Children(SchemaNode parent)
    {
        if (parent.Element.ValueKind == JsonValueKind.Object)
            foreach (var member in parent.Element.EnumerateObject())
                yield return (member.Name, Find(PathOf(parent, member.Name)) ?? Add(member.Value, PathOf(parent, member.Name), parent));
        if (parent.Element.ValueKind != JsonValueKind.Array) yield break;
        var index = 0;
        foreach (var item in parent.Element.EnumerateArray())
        {
            var name = index++.ToString(CultureInfo.InvariantCulture);
            yield return (name, Find(PathOf(parent, name)) ?? Add(item, PathOf(parent, name), parent));
        }
    }

    /// <summary>What a reference at a place leads to.</summary>
    /// <exception cref="GemmaSchemaException">It leads nowhere, or to another document.</exception>
    public SchemaNode Resolve(SchemaNode from, string reference)
    {
        var parts = reference.Split('#', 2);
        var fragment = parts.Length == 2 ? Uri.UnescapeDataString(parts[1]) : string.Empty;
        foreach (var resource in Resources(from))
        {
            if (parts[0].Length > 0 && !IsNamed(resource, parts[0])) continue;
            if (fragment.Length > 0 && fragment[0] != '/')
                return Anchor(resource, fragment) ?? throw from.Error($"has the $ref '{reference}', which leads nowhere");
            if (Walk(resource, fragment) is { } found) return found;
        }

        if (parts[0].Length > 0 && !IsNamed(Root, parts[0]))
            throw from.Error($"has the $ref '{reference}', which leads to another document; put that schema under $defs");
        throw from.Error($"has the $ref '{reference}', which leads nowhere");
    }

    /// <summary>Refuses a keyword that cannot be enforced, or tells of it.</summary>
    public void Refuse(SchemaNode node, string keyword, string? why = null)
    {
        var error = node.Error($"has the keyword '{keyword}', which cannot be enforced{(why is null ? string.Empty : $" ({why})")}; leave it out");
        if (_onIgnored is null) throw error;
        _onIgnored(error.Message);
    }

    // A schema that was wrapped into another one keeps its $schema, and its references still mean itself. Where nothing says so, the whole goes first.
    private static List<SchemaNode> Resources(SchemaNode from)
    {
        List<SchemaNode> ancestors = [];
        for (var node = from; node is not null; node = node.Parent) ancestors.Add(node);
        var resource = ancestors.Find(node => node.Element.ValueKind == JsonValueKind.Object && (Names(node, "$schema") || Names(node, "$id")));
        ancestors.Reverse();
        return resource is null ? ancestors : [resource, .. ancestors];
    }

    private static bool Names(SchemaNode node, string keyword) =>
        node.Element.TryGetProperty(keyword, out var value) && value.ValueKind == JsonValueKind.String;

    private static bool IsNamed(SchemaNode node, string name) => node.Element.ValueKind == JsonValueKind.Object
        && ((node.Element.TryGetProperty("$id", out var id) && id.ValueKind == JsonValueKind.String && id.ValueEquals(name))
            || (node.Element.TryGetProperty("id", out var old) && old.ValueKind == JsonValueKind.String && old.ValueEquals(name)));

    private static SchemaNode? Walk(SchemaNode resource, string pointer)
    {
        var node = resource;
        foreach (var part in pointer.Split('/').Skip(1))
        {
            node = node?.Child(part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal));
            if (node is null) return null;
        }

        return node;
    }

    private SchemaNode? Anchor(SchemaNode resource, string name)
    {
        var open = new Stack<SchemaNode>([resource]);
        while (open.TryPop(out var node))
        {
            Budget.Step();
            if (node.Element.ValueKind == JsonValueKind.Object
                && ((node.Element.TryGetProperty("$anchor", out var anchor) && anchor.ValueKind == JsonValueKind.String && anchor.ValueEquals(name))
                    || IsNamed(node, $"#{name}"))) return node;
            foreach (var (_, child) in Children(node)) open.Push(child);
        }

        return null;
    }

    private static string PathOf(SchemaNode parent, string name) =>
        $"{parent.Path}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";

    private SchemaNode? Find(string path) => _nodes.GetValueOrDefault(path);

    private SchemaNode Add(JsonElement element, string path, SchemaNode? parent)
    {
        Budget.AddState();
        return _nodes[path] = new SchemaNode(this, element, path, parent, _nodes.Count);
    }
}
