using System.Globalization;
using System.Text.Json.Nodes;
using Gemma.Tests;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Gemma.Router.Tests.Kubernetes;

/// <summary>Reads the files of deploy/kubernetes as JSON.</summary>
internal static class Manifest
{
    public static string Folder { get; } = Path.Combine(SharedData.RepositoryRoot, "deploy", "kubernetes");

    public static IEnumerable<string> Files() =>
        Directory.EnumerateFiles(Folder, "*.yaml", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Folder, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal);

    public static JsonObject Read(string file)
    {
        var stream = new YamlStream();
        using var reader = new StreamReader(Path.Combine(Folder, file));
        stream.Load(reader);
        return (JsonObject)Convert(stream.Documents.Single().RootNode)!;
    }

    /// <summary>The pod of a file, or null.</summary>
    public static JsonNode? Pod(JsonObject manifest) => manifest["spec"]?["template"]?["spec"];

    // YAML's core rules for what has no quotes.
    private static JsonNode? Convert(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(pair => KeyValuePair.Create(((YamlScalarNode)pair.Key).Value!, Convert(pair.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Convert)]),
        YamlScalarNode { Style: ScalarStyle.Plain } plain when long.TryParse(plain.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
            out var number) => number,
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" } flag => flag.Value == "true",
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "" or "null" or "~" } => null,
        YamlScalarNode text => text.Value,
        _ => throw new InvalidDataException($"{node.NodeType} at {node.Start}"),
    };
}
