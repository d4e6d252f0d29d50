using System.Globalization;
using System.Text;
using Gemma.Tests;

namespace Gemma.Jobs.Tests;

/// <summary>An input and an output folder that are deleted in the end.</summary>
internal sealed class JobFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Output => _folder.File("output");

    public string Merged => _folder.File("merged.jsonl");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A file with a text a line.</summary>
    public string Lines(int count, string name = "input.jsonl") =>
        Write(name, string.Concat(Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{{\"text\":\"text {i}\"}}\n"))));

    public string Write(string name, string text)
    {
        var path = _folder.File(name);
        File.WriteAllText(path, text, new UTF8Encoding(false));
        return path;
    }

    public string PathOf(string name) => _folder.File(name);

    public Task<GemmaJob> CreateAsync(string input, int linesPerPart = 10, string? textColumn = null, string? output = null) =>
        GemmaJob.CreateAsync(new GemmaJobOptions
        {
            Kind = "upper",
            Inputs = [input],
            Output = output ?? Output,
            LinesPerPart = linesPerPart,
            TextColumn = textColumn,
        }, Token);

    /// <summary>The merged results of a job.</summary>
    public async Task<string> MergeAsync(GemmaJob job)
    {
        await job.MergeAsync(Merged, Token);
        return await File.ReadAllTextAsync(Merged, Token);
    }

    public void Dispose() => _folder.Dispose();
}
