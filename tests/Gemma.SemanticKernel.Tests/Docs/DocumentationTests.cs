using Gemma.Tests;

namespace Gemma.SemanticKernel.Tests.Docs;

/// <summary>Every C# block of README and docs stands in a file of a test project's folder Docs, and so compiles; every link leads somewhere.</summary>
public sealed class DocumentationTests
{
    public static TheoryData<string> Pages =>
    [
        .. Directory.GetFiles(SharedData.RepositoryRoot, "*.md").Concat(Directory.GetFiles(Path.Combine(SharedData.RepositoryRoot, "docs"), "*.md"))
            .Select(page => Path.GetRelativePath(SharedData.RepositoryRoot, page).Replace('\\', '/')),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_CSharpBlocks_AreCompiledSnippets(string page)
    {
        var folders = Directory.GetDirectories(Path.Combine(SharedData.RepositoryRoot, "tests")).Select(project => Path.Combine(project, "Docs"))
            .Where(Directory.Exists);
        var sources = folders.SelectMany(folder => Directory.GetFiles(folder, "*.cs")).Select(file => Normalize(File.ReadAllLines(file))).ToArray();
        foreach (var block in Blocks(page))
            Assert.True(sources.Any(source => source.Contains(block, StringComparison.Ordinal)), $"{page}: this block is in no file of tests/*/Docs:\n{block}");
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_RelativeLinks_LeadToFiles(string page)
    {
        var folder = Path.GetDirectoryName(Path.Combine(SharedData.RepositoryRoot, page))!;
        foreach (System.Text.RegularExpressions.Match link in System.Text.RegularExpressions.Regex
            .Matches(File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, page)), @"\]\(([^)#:]+)(#[^)]*)?\)"))
        {
            // GitHub's own pages of the repository, from wherever it lies.
            var target = link.Groups[1].Value;
            Assert.True(target.StartsWith("../../actions/", StringComparison.Ordinal)
                || Path.Exists(Path.Combine(folder, target)), $"{page}: {link.Value} leads nowhere");
        }
    }

    private static IEnumerable<string> Blocks(string page)
    {
        var lines = File.ReadAllLines(Path.Combine(SharedData.RepositoryRoot, page));
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Trim() != "```csharp") continue;
            var end = Array.FindIndex(lines, i + 1, line => line.Trim() == "```");
            yield return Normalize(lines[(i + 1)..end]);
            i = end;
        }
    }

    private static string Normalize(IEnumerable<string> lines) => string.Join('\n', lines.Select(line => line.Trim()).Where(line => line.Length > 0));
}
