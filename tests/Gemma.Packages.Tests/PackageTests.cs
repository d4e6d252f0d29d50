using System.IO.Compression;
using System.Xml.Linq;
using Gemma.Tests;

namespace Gemma.Packages.Tests;

/// <summary>What people get from a feed: packages with all parts, a new project outside the repository, the installed command.</summary>
public sealed class PackageTests(PackedFeed feed)
{
    private static readonly string TinyModel = Path.Combine(SharedData.RepositoryRoot, "samples", "models", "tiny-gemma-it");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Gemma.Tokenization")]
    [InlineData("Gemma.Runtime")]
    [InlineData("Gemma.Conversion")]
    [InlineData("Gemma.SemanticKernel")]
    [InlineData("Gemma.Server")]
    [InlineData("Gemma.Router")]
    [InlineData("Gemma.Jobs")]
    [InlineData("Gemma.Jobs.Cluster")]
    [InlineData("Gemma.Cli")]
    public void Package_HasReadmeIconLicenceAndDocs(string id)
    {
        using var package = ZipFile.OpenRead(Path.Combine(feed.Folder, $"{id}.{feed.Version}.nupkg"));
        var names = package.Entries.Select(entry => entry.FullName).ToArray();
        Assert.Contains("README.md", names);
        Assert.Contains("icon.png", names);
        using var stream = package.GetEntry($"{id}.nuspec")!.Open();
        var metadata = XDocument.Load(stream).Root!.Elements().First().Elements().ToDictionary(element => element.Name.LocalName, element => element.Value);
        Assert.Equal("MIT", metadata["license"]);
        Assert.Equal("README.md", metadata["readme"]);
        Assert.True(metadata["description"].Length > 20);
        Assert.True(File.Exists(Path.Combine(feed.Folder, $"{id}.{feed.Version}.snupkg")));
        if (id != "Gemma.Cli") Assert.Contains($"lib/net10.0/{id}.xml", names);
    }

    [Fact]
    public async Task NewProject_ReadmesFirstSnippet_Answers()
    {
        using var folder = new TemporaryFolder();
        WriteProject(folder, withNativeLibrary: true);
        var answer = await Dotnet.RunAsync(folder.Path, ["run", "-v", "quiet"], cancellationToken: Token);
        Assert.Contains("Hello! How can I help you?", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NewProject_WithoutNativeLibrary_NamesThePackageToAdd()
    {
        using var folder = new TemporaryFolder();
        WriteProject(folder, withNativeLibrary: false);
        var output = await Dotnet.RunAsync(folder.Path, ["run", "-v", "quiet"], exitCode: 3, cancellationToken: Token);
        Assert.Contains("EngineException", output, StringComparison.Ordinal);
        Assert.Contains("reference the package Microsoft.ML.OnnxRuntime", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tool_InstalledFromTheFolder_Chats()
    {
        using var folder = new TemporaryFolder();
        var tool = folder.File("tool");
        await Dotnet.RunAsync(folder.Path, ["tool", "install", "Gemma.Cli", "--tool-path", tool, "--add-source", feed.Folder, "--version", feed.Version],
            cancellationToken: Token);
        var command = Path.Combine(tool, OperatingSystem.IsWindows() ? "gemma.exe" : "gemma");
        var package = folder.File("package");
        await Dotnet.RunAsync(folder.Path, ["convert", TinyModel, "--output", package, "--precision", "fp32"], program: command, cancellationToken: Token);
        var described = await Dotnet.RunAsync(folder.Path, ["info", package, "--json"], program: command, cancellationToken: Token);
        Assert.Contains("\"kind\": \"package\"", described.Replace("\"kind\":\"", "\"kind\": \"", StringComparison.Ordinal), StringComparison.Ordinal);
        var answer = await Dotnet.RunAsync(folder.Path, ["chat", package], program: command, input: "Hello!\n", cancellationToken: Token);
        Assert.Contains("Hello! How can I help you?", answer, StringComparison.Ordinal);
    }

    // The snippet of README.md, with a model of this machine.
    private void WriteProject(TemporaryFolder folder, bool withNativeLibrary)
    {
        var readme = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "README.md"));
        var start = readme.IndexOf("```csharp", StringComparison.Ordinal) + "```csharp".Length;
        var snippet = readme[start..readme.IndexOf("```", start, StringComparison.Ordinal)]
            .Replace("\"models/gemma-2b-it\"", $"@\"{TinyModel}\"", StringComparison.Ordinal)
            .Replace("Why is the sky blue?", "Hello!", StringComparison.Ordinal);
        var versions = XDocument.Load(Path.Combine(SharedData.RepositoryRoot, "Directory.Packages.props"));
        var native = withNativeLibrary
            ? $"<PackageReference Include=\"Microsoft.ML.OnnxRuntime\" Version=\"{versions.Descendants("OnnxRuntimeVersion").Single().Value}\" />"
            : string.Empty;
        File.WriteAllText(folder.File("App.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <InvariantGlobalization>true</InvariantGlobalization>
                <RestoreAdditionalProjectSources>{feed.Folder}</RestoreAdditionalProjectSources>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Gemma.SemanticKernel" Version="{feed.Version}" />
                {native}
              </ItemGroup>
            </Project>
            """);
        File.WriteAllText(folder.File("Program.cs"), $$"""
            using Microsoft.Extensions.AI;
            using Microsoft.Extensions.DependencyInjection;

            try
            {
            {{snippet}}
            return 0;
            }
            catch (Exception e)
            {
                Console.WriteLine($"{e.GetType().Name}: {e.Message}");
                return 3;
            }
            """);
    }
}
