using System.Globalization;
using Gemma.Runtime;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;

namespace Gemma.Benchmarks.Serving;

/// <summary>Sends requests of every kind and compares their answers with those that came when nobody else was there.</summary>
/// <param name="services">An application's services.</param>
/// <param name="concurrency">Requests that are under way at the same time.</param>
/// <param name="maxQueueLength">The most that may wait.</param>
/// <param name="cancelled">The share that is cancelled.</param>
internal sealed class MixedRun(IServiceProvider services, int concurrency, int maxQueueLength, double cancelled)
{
    private const int Variants = 8;
    private const double SlowReaders = 0.1;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(50);
    private static readonly MixedKind[] Kinds = Enum.GetValues<MixedKind>();

    private readonly MixedRequests _requests = new(services);
    private readonly Dictionary<(MixedKind, int), string> _expected = [];
    private readonly int[] _counts = new int[Kinds.Length * Enum.GetValues<MixedOutcome>().Length];
    private readonly Random _random = new(1);
    private readonly IGemmaModelSource _models = services.GetRequiredService<IGemmaModelSource>();
    private GemmaModel? _loaded;

    /// <summary>How often the model was loaded.</summary>
    public int Loads { get; private set; }

    /// <summary>The most requests that were seen waiting.</summary>
    public int LongestQueue { get; private set; }

    /// <summary>The limit.</summary>
    public int MaxQueueLength => maxQueueLength;

    /// <summary>Requests with another answer than alone, or with an exception that is none of the expected ones.</summary>
    public int Failures => Kinds.Sum(kind => Count(kind, MixedOutcome.Different) + Count(kind, MixedOutcome.Failed));

    /// <summary>How many requests of a kind ended so.</summary>
    public int Count(MixedKind kind, MixedOutcome outcome) => _counts[Index(kind, outcome)];

    /// <summary>Runs every request alone.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        foreach (var kind in Kinds)
            for (var variant = 0; variant < Variants; variant++)
                _expected[(kind, variant)] = await _requests.RunAsync(kind, variant, TimeSpan.Zero, cancellationToken);
    }

    /// <summary>Runs requests at random.</summary>
    /// <param name="count">How many.</param>
    /// <param name="burst">After how many all end and a pause comes.</param>
    /// <param name="pause">How long it is.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    public async Task RunAsync(int count, int burst, TimeSpan pause, CancellationToken cancellationToken)
    {
        using var places = new SemaphoreSlim(concurrency);
        for (var sent = 0; sent < count; sent += burst)
        {
            List<Task> runs = [];
            for (var i = sent; i < Math.Min(count, sent + burst); i++)
            {
                await places.WaitAsync(cancellationToken);
                TimeSpan? patience = _random.NextDouble() < cancelled ? TimeSpan.FromMilliseconds(_random.NextDouble() * 60) : null;
                var delay = _random.NextDouble() < SlowReaders ? TimeSpan.FromMilliseconds(30) : TimeSpan.Zero;
                runs.Add(RunOneAsync(Kinds[_random.Next(Kinds.Length)], _random.Next(Variants), delay, patience, places));
                Watch();
            }

            await Task.WhenAll(runs);
            await Task.Delay(pause, cancellationToken);
        }
    }

    private static int Index(MixedKind kind, MixedOutcome outcome) => ((int)kind * Enum.GetValues<MixedOutcome>().Length) + (int)outcome;

    private async Task RunOneAsync(MixedKind kind, int variant, TimeSpan delay, TimeSpan? patience, SemaphoreSlim places)
    {
        using var source = new CancellationTokenSource();
        if (patience is { } time) source.CancelAfter(time);
        var outcome = MixedOutcome.Failed;
        try
        {
            var answer = await AskUntilServedAsync(kind, variant, delay, source.Token);
            outcome = answer == _expected[(kind, variant)] ? MixedOutcome.Equal : MixedOutcome.Different;
            if (outcome == MixedOutcome.Different)
                AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"{kind} {variant}: '{answer}' instead of '{_expected[(kind, variant)]}'");
        }
        catch (OperationCanceledException) when (patience is not null)
        {
            outcome = MixedOutcome.Cancelled;
        }
        catch (Exception e)
        {
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"{kind} {variant}: {e}");
        }
        finally
        {
            Interlocked.Increment(ref _counts[Index(kind, outcome)]);
            places.Release();
        }
    }

    // A client that is refused comes again.
    private async Task<string> AskUntilServedAsync(MixedKind kind, int variant, TimeSpan delay, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await Task.Run(() => _requests.RunAsync(kind, variant, delay, cancellationToken), cancellationToken);
            }
            catch (GemmaOverloadedException)
            {
                Interlocked.Increment(ref _counts[Index(kind, MixedOutcome.Refused)]);
                await Task.Delay(RetryAfter, cancellationToken);
            }
        }
    }

    private void Watch()
    {
        var model = _models.Loaded;
        if (model is not null && model != _loaded) Loads++;
        _loaded = model ?? _loaded;
        LongestQueue = Math.Max(LongestQueue, model?.QueueLength ?? 0);
    }
}
