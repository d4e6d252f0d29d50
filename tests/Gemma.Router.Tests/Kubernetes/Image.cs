using System.Text.Json;
using Gemma.Tests;

namespace Gemma.Router.Tests.Kubernetes;

/// <summary>An image that deploy/Dockerfile builds.</summary>
/// <param name="Arguments">What its entry point gives the command before a container's own arguments.</param>
/// <param name="Defaults">The arguments of a container that has none.</param>
/// <param name="IsNative">Whether the command is a native executable.</param>
internal sealed record Image(string[] Arguments, string[] Defaults, bool IsNative)
{
    /// <summary>The one of a name: the last stage, or the one that is its target.</summary>
    public static Image Named(string name) => name switch
    {
        "gemma" => Read("native"),
        "gemma-dotnet" => Read("dotnet"),
        _ => throw new InvalidDataException($"nothing builds an image '{name}'"),
    };

    public static IEnumerable<Image> All() => [Named("gemma"), Named("gemma-dotnet")];

    private static Image Read(string stage)
    {
        var lines = File.ReadAllLines(Path.Combine(SharedData.RepositoryRoot, "deploy", "Dockerfile"));
        if (stage == "native") Assert.EndsWith(" AS native", lines.Last(line => line.StartsWith("FROM ", StringComparison.Ordinal)), StringComparison.Ordinal);
        var own = lines.SkipWhile(line => !line.EndsWith($" AS {stage}", StringComparison.Ordinal)).Skip(1)
            .TakeWhile(line => !line.StartsWith("FROM ", StringComparison.Ordinal)).ToArray();
        var command = List(own, "ENTRYPOINT ");
        var executable = Array.FindIndex(command, part => part is "/app/gemma" or "/app/gemma.dll");
        Assert.True(executable >= 0, $"the stage '{stage}' does not begin with the command");
        return new Image(command[(executable + 1)..], List(own, "CMD "), command[executable] == "/app/gemma");
    }

    private static string[] List(string[] lines, string instruction) =>
        JsonSerializer.Deserialize<string[]>(lines.Single(line => line.StartsWith(instruction, StringComparison.Ordinal))[instruction.Length..])!;
}
