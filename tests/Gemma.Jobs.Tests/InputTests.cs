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

    // Only JSON's own white space makes a line blank, and only a line feed ends one.
    [Theory]
    [InlineData("{\"text\":\"a\"}\n\u00A0\n{\"text\":\"b\"}\n{\"text\":\"c\"}\n", "A!BC")]
    [InlineData("{\"text\":\"a\"}\n\f\n{\"text\":\"b\"}\n \v \n{\"text\":\"c\"}\n\u3000\n", "A!B!C!")]
    [InlineData("{\"text\":\"a\"}\r{\"text\":\"b\"}\r", "!")]
    [InlineData("{\"text\":\"a\"}\r{\"text\":\"b\"}\n \t\r\n{\"text\":\"c\"}", "!C")]
    [InlineData("\uFEFF\n{\"text\":\r\"a\"}\n\uFEFF\n\n\u2028\n\u0085{\"text\":\"b\"}", "A!!!")]
    [InlineData("\r\r\n\n", "")]
    [InlineData("", "")]
    public async Task Run_JsonLines_EachLineIsARecordOnce(string content, string expected)
    {
        foreach (var linesPerPart in (int[])[1, 2, 3, 100])
        {
            using var folder = new JobFolder();
            var job = await folder.CreateAsync(folder.Write("input.jsonl", content), linesPerPart);
            await job.RunAsync(new UpperCaseWorker(), new JobRunOptions(), cancellationToken: Token);
            Assert.Equal(string.Concat(expected.Select((sign, index) => sign == '!'
                ? $"{{\"index\":{index},\"error\":\"this is not JSON\"}}\n"
                : $"{{\"index\":{index},\"upper\":\"{sign}\"}}\n")), await folder.MergeAsync(job));
        }
    }

    [Fact]
    public async Task Run_LongJsonLines_AreRead()
    {
        using var folder = new JobFolder();
        var texts = new[] { 1, 700_000, 3, 262_000, 262_144, 5 }.Select((length, i) => new string((char)('A' + i), length)).ToArray();
        var job = await folder.CreateAsync(folder.Write("input.jsonl", string.Join("\r\n", texts.Select(text => $"{{\"text\":\"{text}\"}}"))), 2);
        await job.RunAsync(new UpperCaseWorker(), new JobRunOptions(), cancellationToken: Token);
        Assert.Equal(string.Concat(texts.Select((text, index) => $"{{\"index\":{index},\"upper\":\"{text}\"}}\n")), await folder.MergeAsync(job));
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

        // However many parts a row group has.
        var reader = new ParquetTableReader(path, "review");
        for (var i = 0; i < 5; i++) Assert.Equal(1, await reader.ReadAsync(new JobPart(i, 0, i, i, i, 1), Token).CountAsync(Token));
        Assert.Equal(2, reader.Decoded);
        var error = await Assert.ThrowsAsync<JobException>(() => folder.CreateAsync(path, 2, textColumn: "id", output: folder.PathOf("other")));
        Assert.Contains("the column 'id' holds Int32, not texts", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_TableInParts_PassesOverNoRowTwice()
    {
        using var folder = new JobFolder();
        var reader = new CsvReader(folder.Write("input.csv", "text\n" + string.Concat(Enumerable.Range(0, 100).Select(i => $"{i}\n"))), null);

        // Two at a time, as a job reads them; the odd ones of each pair end first.
        for (var i = 0; i < 100; i += 20)
        {
            await using var one = reader.ReadAsync(new JobPart(0, 0, 0, i, i, 10), Token).GetAsyncEnumerator(Token);
            Assert.True(await one.MoveNextAsync());
            Assert.Equal($"{i + 10}", await FirstAsync(new JobPart(0, 0, 0, i + 10, i + 10, 10)));
            for (var row = i; row < i + 10; row++)
            {
                Assert.Equal($"{row}", one.Current.Element.GetProperty("text").GetString());
                Assert.Equal(row < i + 9, await one.MoveNextAsync());
            }
        }

        // And back to a part that failed before.
        Assert.Equal("30", await FirstAsync(new JobPart(0, 0, 0, 30, 30, 10)));
        Assert.True(reader.Skipped <= 10 + (4 * 20) + 30, $"{reader.Skipped} rows were passed over");
        reader.Close();

        async Task<string?> FirstAsync(JobPart part)
        {
            var records = await reader.ReadAsync(part, Token).ToArrayAsync(Token);
            Assert.Equal(part.Count, records.Length);
            return records[0].Element.GetProperty("text").GetString();
        }
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
