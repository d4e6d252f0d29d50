using System.Text.Json;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime.Classification;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Pooling;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Inputs;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Tests.Heads;

/// <summary>A converted checkpoint whose heads are run on token ids.</summary>
internal sealed class HeadFixture : IAsyncDisposable
{
    private readonly ConvertedPackage _folder;
    private readonly InferenceScheduler _scheduler;
    private readonly JsonDocument? _goldens;

    private HeadFixture(ConvertedPackage folder, ModelPackage package, IInferenceEngine engine, JsonDocument? goldens)
    {
        _folder = folder;
        _scheduler = new InferenceScheduler(engine, new SchedulerOptions());
        _goldens = goldens;
        Package = package;
    }

    public ModelPackage Package { get; }

    public JsonElement Goldens => _goldens!.RootElement;

    public static async Task<HeadFixture> OpenAsync(string checkpoint, ConversionOptions options)
    {
        var goldens = Path.Combine(checkpoint, "goldens.json");
        var document = File.Exists(goldens) ? JsonDocument.Parse(await File.ReadAllBytesAsync(goldens, TestContext.Current.CancellationToken)) : null;
        var folder = await ConvertedPackage.CreateAsync(checkpoint, options);
        return new HeadFixture(folder,
            await ModelPackage.OpenAsync(Path.Combine(folder.Folder, "package"), verify: true, TestContext.Current.CancellationToken), await folder.OpenAsync(),
            document);
    }

    public Task<ClassificationResult> ClassifyAsync(ClassificationHead head, int[] ids) =>
        ReadAsync(new PooledReading(head, new LabelScorer(head.Labels, head.ProblemType, new ClassificationOptions()), new EncodedText(ids, false),
            isCausal: true, TestContext.Current.CancellationToken));

    public Task<TokenClassificationResult> ClassifyTokensAsync(ClassificationHead head, int[] ids) =>
        ReadAsync(new TokenReading(head, new LabelScorer(head.Labels, head.ProblemType, new ClassificationOptions()), new EncodedText(ids, false), _ => null,
            TestContext.Current.CancellationToken));

    /// <summary>The rows of a golden batch without padding, or null where the mask has a hole.</summary>
    public static int[][]? Inputs(JsonElement golden)
    {
        var ids = golden.GetProperty("input_ids").EnumerateArray().Select(Ids).ToArray();
        if (golden.GetProperty("attention_mask").ValueKind == JsonValueKind.Null) return ids;
        var masks = golden.GetProperty("attention_mask").EnumerateArray().Select(Ids);
        var rows = ids.Zip(masks,
            (row, mask) => Array.IndexOf(mask[Array.IndexOf(mask, 1)..(Array.LastIndexOf(mask, 1) + 1)], 0) >= 0
                ? null
                : ClassificationInput.FromTokens(row, mask).TokenIds!.Value.ToArray()).ToArray();
        return Array.TrueForAll(rows, row => row is not null) ? [.. rows.OfType<int[]>()] : null;
    }

    public static float[] Numbers(JsonElement array) => [.. array.GetProperty("data").EnumerateArray().Select(e => e.GetSingle())];

    public static void AssertClose(float[] expected, float[] actual, float tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(MathF.Abs(expected[i] - actual[i]) <= tolerance + (1e-5f * MathF.Abs(expected[i])),
                $"{what}: element {i} is {actual[i]} instead of {expected[i]}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _scheduler.DisposeAsync();
        await _folder.DisposeAsync();
        _goldens?.Dispose();
    }

    private Task<TResult> ReadAsync<TResult>(PoolingRequest<TResult> request)
    {
        _scheduler.Submit(request);
        return request.Result;
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];
}
