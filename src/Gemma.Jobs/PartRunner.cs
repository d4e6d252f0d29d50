using System.Collections.Concurrent;
using System.Text.Json;

namespace Gemma.Jobs;

/// <summary>Computes the bytes of a part: one line per record, in their order, whoever computes it and however often.</summary>
internal sealed class PartRunner(IJobWorker worker, SemaphoreSlim places) : IDisposable
{
    private readonly InputIdentity _inputs = new();
    private readonly ConcurrentDictionary<(string Path, string? TextColumn), InputReader> _readers = new();

    /// <summary>Computes a part.</summary>
    /// <param name="input">Its file.</param>
    /// <param name="part">The part.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>The file's content, and how many of its lines are errors.</returns>
    /// <exception cref="JobException">The file is not the one that the job was made of.</exception>
    public async Task<(ReadOnlyMemory<byte> Content, int Errors)> RunAsync(JobInput input, JobPart part, CancellationToken cancellationToken)
    {
        await _inputs.CheckAsync(input, cancellationToken).ConfigureAwait(false);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var results = new List<Task<PartLine>>(part.Count);
        try
        {
            var reader = _readers.GetOrAdd((input.Path, input.TextColumn), static (_, input) => InputReader.Open(input), input);
            await foreach (var record in reader.ReadAsync(part, stopping.Token).ConfigureAwait(false))
            {
                await places.WaitAsync(stopping.Token).ConfigureAwait(false);
                results.Add(RunLineAsync(part.Index + results.Count, record, stopping));
            }

            var lines = await Task.WhenAll(results).ConfigureAwait(false);

            // Again, because the file may have been written while it was read.
            await _inputs.CheckAsync(input, cancellationToken).ConfigureAwait(false);
            return Write(part, lines);
        }
        catch
        {
            // Nothing of a part that failed may go on.
            await stopping.CancelAsync().ConfigureAwait(false);
            foreach (var result in results) await ((Task)result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            // The first failure stopped the others: it is the one to tell.
            if (results.FirstOrDefault(result => result.IsFaulted) is { } failed && !cancellationToken.IsCancellationRequested)
                await failed.ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Closes the inputs.</summary>
    public void Dispose()
    {
        foreach (var reader in _readers.Values) reader.Close();
    }

    private async Task<PartLine> RunLineAsync(long index, InputRecord record, CancellationTokenSource stopping)
    {
        try
        {
            if (record.Problem is { } problem) return new PartLine(null, problem);
            return new PartLine(await worker.RunAsync(new JobLine(index, record.Element), stopping.Token).ConfigureAwait(false), null);
        }
        catch (Exception e) when (IsOfTheLine(e))
        {
            return new PartLine(null, e.Message);
        }
        catch
        {
            await stopping.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            places.Release();
        }
    }

    private static bool IsOfTheLine(Exception e) =>
        e is ArgumentException or NotSupportedException
            || (e is GemmaException && e is not EngineException and not GemmaOverloadedException and not GemmaTimeoutException and not JobException);

    private static (ReadOnlyMemory<byte> Content, int Errors) Write(JobPart part, PartLine[] lines)
    {
        if (lines.Length != part.Count)
            throw new JobException($"{part.Name} has {lines.Length} records instead of {part.Count}: an input was changed while the job ran.");
        var content = new PartContent();
        var errors = 0;
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i];
            if (line.Error is not null) errors++;
            content.Add(part.Index + i, json =>
            {
                if (line.Write is not null) line.Write(json);
                else json.WriteString("error", line.Error);
            });
        }

        return (content.Bytes, errors);
    }

    private readonly record struct PartLine(Action<Utf8JsonWriter>? Write, string? Error);
}
