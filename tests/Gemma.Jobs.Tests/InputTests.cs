using Parquet;
using Parquet.Schema;

namespace Gemma.Jobs.Tests;

/// <summary>Every format gives the same records, at any place of the file.</summary>
public sealed class InputTests
{
    private const string Expected =
        "{\"index\":0,\"upper\":\"A, B\"}\n{\"index\":1,\"upper\":\"SAID \\\"C\\\"\\nAND "
            + "WENT\"}\n{\"index\":2,\"upper\":\"Ü\"}\n{\"index\":3,\"upper\":\"\"}\n{\"index\":4,\"upper\":\"E\"}\n";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("input.jsonl",
        "\uFEFF{\"text\":\"a, b\"}\r\n\r\n{\"text\":\"said \\\"c\\\"\\nand went\"}\n  \n{\"text\":\"ü\"}\n{\"text\":\"\"}\n{\"text\":\"e\"}")]
    [InlineData("input.csv", "id,text\n1,\"a, b\"\n2,\"said \"\"c\"\"\nand went\"\n3,ü\n4,\n5,e\n")]
    [InlineData("input.csv", "text;id\r\n\"a, b\";1\r\n\"said \"\"c\"\"\nand went\";2\r\nü;3\r\n;4\r\ne;5")]
    [InlineData("input.tsv", "id\ttext\n1\ta, b\n2\t\"said \"\"c\"\"\nand went\"\n3\tü\n4\t\n5\te\n")]
    public async Task Run_Format_GivesTheSameRecordsInParts(string name, string content)
    {
        foreach (var linesPerPart in (int[])[1, 2, 5])
        {
            using var folder = new JobFolder();
            var job = await folder.CreateAsync(folder.Write(name, content), linesPerPart);
            await job.RunAsync(new UpperCaseWorker(), new JobRunOptions(), cancellationToken: Token);
            Assert.Equal(Expected, await folder.MergeAsync(job));
        }
    }

    [Fact]
    public async Task Run_Parquet_GivesTheSameRecordsInParts()
    {
        using var folder = new JobFolder();
        var path = folder.PathOf("input.parquet");
        var schema = new ParquetSchema(new DataField<int>("id"), new DataField<string>("review"));
        await using (var file = File.Create(path))
        {
            await using var writer = await ParquetWriter.CreateAsync(schema, file, cancellationToken: Token);
            foreach (var group in (string[][])[["a, b", "said \"c\"\nand went", "ü"], ["", "e"]])
            {
                using var rows = writer.CreateRowGroup();
                await rows.WriteAsync<int>(schema.DataFields[0], Enumerable.Range(0, group.Length).ToArray(), cancellationToken: Token);
                await rows.WriteAsync(schema.DataFields[1], group);
                rows.CompleteValidate();
            }
        }

        var job = await folder.CreateAsync(path, 2, textColumn: "review");
        await job.RunAsync(new UpperCaseWorker(), new JobRunOptions(), cancellationToken: Token);
        Assert.Equal(Expected, await folder.MergeAsync(job));
        var error = await Assert.ThrowsAsync<JobException>(() => folder.CreateAsync(path, 2, textColumn: "id", output: folder.PathOf("other")));
        Assert.Contains("the column 'id' holds Int32, not texts", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("input.csv", "a,b\n1,2\n", "has no column 'text', but a, b")]
    [InlineData("input.parquet", "no", "is no Parquet file")]
    [InlineData("input.txt", "a", "the name must end with .jsonl")]
    public async Task Create_WrongInput_SaysWhatIsExpected(string name, string content, string expected)
    {
        using var folder = new JobFolder();
        var error = await Assert.ThrowsAsync<JobException>(() => folder.CreateAsync(folder.Write(name, content)));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.Output));
    }
}
