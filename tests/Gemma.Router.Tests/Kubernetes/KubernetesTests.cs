using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma.Cli;
using Gemma.Cli.Infrastructure;
using Gemma.Tests;
using Json.Schema;

namespace Gemma.Router.Tests.Kubernetes;

/// <summary>deploy/kubernetes: every file by a schema, every command line by the command itself, and the rules that keep requests alive.</summary>
public sealed class KubernetesTests
{
    // Above these two together a pod has to live (GemmaHost's time for running answers).
    private const int DrainSeconds = 120;

    private static readonly Lazy<JsonSchema> SchemaOfKubernetes = new(() =>
        JsonSchema.FromFile(Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Router.Tests", "Kubernetes", "schema.json")));

    public static TheoryData<string> Files => [.. Manifest.Files()];

    public static TheoryData<string> Pods => [.. Manifest.Files().Where(file => Manifest.Pod(Manifest.Read(file)) is not null)];

    [Theory]
    [MemberData(nameof(Files))]
    public void File_FollowsTheSchema(string file)
    {
        using var document = JsonDocument.Parse(Manifest.Read(file).ToJsonString());
        var result = SchemaOfKubernetes.Value.Evaluate(document.RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(result.IsValid,
            string.Join('\n',
                result.Details?.Where(detail => detail.Errors is not null)
                    .SelectMany(detail => detail.Errors!.Select(error => $"{detail.InstanceLocation}: {error.Value}")) ?? []));
    }

    [Theory]
    [MemberData(nameof(Pods))]
    public void Pod_ImageAndArguments_AreACommandThatParses(string file)
    {
        foreach (var container in Manifest.Pod(Manifest.Read(file))!["containers"]!.AsArray())
        {
            var image = Image.Named(container!["image"]!.GetValue<string>());
            string[] arguments = [.. container["args"]!.AsArray().Select(argument => argument!.GetValue<string>())];
            AssertParses([.. image.Arguments, .. arguments]);

            // Of silos a native executable has only the name.
            if (arguments.Contains("silo") || arguments.Contains("--cluster")) Assert.False(image.IsNative, $"{file}: the image is the native one");
        }
    }

    [Fact]
    public void Images_DefaultsAndCompose_AreCommandsThatParse()
    {
        foreach (var image in Image.All()) AssertParses([.. image.Arguments, .. image.Defaults]);
        var server = Manifest.Read("../compose.yaml")["services"]!["gemma"]!;
        string[] arguments = [.. server["command"]!.AsArray().Select(argument => argument!.GetValue<string>())];
        Assert.Equal("serve", arguments[0]);
        AssertParses([.. Image.Named("gemma").Arguments, .. arguments]);
    }

    [Theory]
    [MemberData(nameof(Pods))]
    public void Pod_Drain_EndsBeforeThePodIsKilled(string file)
    {
        var pod = Manifest.Pod(Manifest.Read(file))!;
        foreach (var container in pod["containers"]!.AsArray())
        {
            if (container!["lifecycle"]?["preStop"]?["sleep"]?["seconds"] is not { } sleep) continue;
            Assert.True(pod["terminationGracePeriodSeconds"]!.GetValue<long>() > sleep.GetValue<long>() + DrainSeconds,
                "the grace period is not above preStop and the drain together");
        }
    }

    [Theory]
    [MemberData(nameof(Pods))]
    public void Pod_VolumesAndModels_AreThereAndReadOnly(string file)
    {
        var pod = Manifest.Pod(Manifest.Read(file))!;
        var volumes = pod["volumes"]!.AsArray().ToDictionary(volume => volume!["name"]!.GetValue<string>());
        foreach (var mount in pod["containers"]!.AsArray().SelectMany(container => container!["volumeMounts"]!.AsArray()))
        {
            Assert.Contains(mount!["name"]!.GetValue<string>(), volumes.Keys);
            if (mount["mountPath"]!.GetValue<string>() == "/models") Assert.True(mount["readOnly"]!.GetValue<bool>());
        }
    }

    [Fact]
    public void Selectors_FindPods()
    {
        HashSet<string> labels = [.. Manifest.Files().Select(Manifest.Read).Select(manifest => manifest["spec"]?["template"]?["metadata"]?["labels"])
            .OfType<JsonNode>().Select(found => found.ToJsonString())];
        foreach (var file in Manifest.Files())
        {
            var spec = Manifest.Read(file)["spec"];
            var selector = spec?["selector"]?["matchLabels"] ?? (Manifest.Read(file)["kind"]!.GetValue<string>() == "Service" ? spec?["selector"] : null);
            if (selector is not null) Assert.True(labels.Contains(selector.ToJsonString()), $"{file}: no pod has {selector.ToJsonString()}");
        }
    }

    [Fact]
    public void Kustomizations_NameEveryFileOnce()
    {
        HashSet<string> named = [];
        foreach (var file in Manifest.Files().Where(file => Path.GetFileName(file) == "kustomization.yaml"))
        {
            var folder = Path.GetDirectoryName(file)!.Replace('\\', '/');
            foreach (var resource in Manifest.Read(file)["resources"]!.AsArray().Select(resource => resource!.GetValue<string>()))
            {
                var path = folder.Length == 0 ? resource : $"{folder}/{resource}";
                Assert.True(Path.Exists(Path.Combine(Manifest.Folder, path)), $"{file} names {resource}, which is not there");
                Assert.True(named.Add(path), $"{path} is named twice");
            }
        }

        Assert.Empty(Manifest.Files().Where(file => Path.GetFileName(file) != "kustomization.yaml").Except(named));
    }

    [Theory]
    [InlineData("server")]
    [InlineData("router")]
    public void Monitoring_Pods_AreScrapedWithAKeyOfTheirs(string name)
    {
        var pod = Manifest.Pod(Manifest.Read($"{name}/deployment.yaml"))!;
        var endpoint = Manifest.Read($"{name}/monitoring.yaml")["spec"]!["podMetricsEndpoints"]![0]!;
        var secret = Assert.Single(pod["volumes"]!.AsArray(), volume => volume!["secret"] is not null)!["secret"]!["secretName"]!.GetValue<string>();
        Assert.Equal(secret, endpoint["authorization"]!["credentials"]!["name"]!.GetValue<string>());
        Assert.Equal("/metrics", endpoint["path"]!.GetValue<string>());
        Assert.Contains(endpoint["port"]!.GetValue<string>(),
            pod["containers"]![0]!["ports"]!.AsArray().Select(port => port!["name"]!.GetValue<string>()));
    }

    [Fact]
    public void Scaling_Metric_IsTheServersQueue()
    {
        var query = Manifest.Read("server/scaling.yaml")["spec"]!["triggers"]![0]!["metadata"]!["query"]!.GetValue<string>();
        Assert.Contains("gemma_queue_length", query, StringComparison.Ordinal);
        Assert.Contains("gemma_queue_length", File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "deploy", "grafana", "gemma.json")),
            StringComparison.Ordinal);
    }
    private static void AssertParses(string[] arguments)
    {
        using var console = new CommandConsole(TextReader.Null, TextWriter.Null, TextWriter.Null);
        Assert.Empty(GemmaCommandLine.Create(console).Root.Parse(arguments).Errors.Select(error => $"{string.Join(' ', arguments)}: {error.Message}"));
    }
}
