using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime.Inputs;

namespace Gemma.Cli.Classification;

/// <summary>Remembers the lines that are in work, so that each result meets its line again and errors name it.</summary>
internal sealed class LineQueue
{
    private readonly ConcurrentQueue<JsonLine> _lines = new();

    /// <summary>Passes the lines' inputs on.</summary>
    public async IAsyncEnumerable<ClassificationInput> InputsAsync(IAsyncEnumerable<JsonLine> lines,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var line in lines.WithCancellation(cancellationToken))
        {
            var input = ClassificationLine.Parse(line);
            _lines.Enqueue(line);
            yield return input;
        }
    }

    /// <summary>Joins results with their lines.</summary>
    /// <exception cref="UsageException">A text cannot be read.</exception>
    public async IAsyncEnumerable<(JsonLine Line, TResult Result)> JoinAsync<TResult>(IAsyncEnumerable<TResult> results,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var enumerator = results.GetAsyncEnumerator(cancellationToken);
        while (await MoveNextAsync(enumerator))
        {
            if (!_lines.TryDequeue(out var line)) throw new InvalidOperationException("There are more results than lines.");
            yield return (line, enumerator.Current);
        }
    }

    private async ValueTask<bool> MoveNextAsync<TResult>(IAsyncEnumerator<TResult> enumerator)
    {
        try
        {
            return await enumerator.MoveNextAsync();
        }
        catch (GemmaException e) when (e is ClassificationInputException or GemmaContextLengthException && _lines.TryPeek(out var line))
        {
            // The library counts inputs, which are not the file's lines.
            throw new UsageException($"line {line.Number}: {(e as ClassificationInputException)?.Problem ?? e.Message}", e);
        }
    }
}
