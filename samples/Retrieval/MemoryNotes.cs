using System.Linq.Expressions;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;

namespace Gemma.Samples.Retrieval;

/// <summary>A vector store's collection in memory; the code around it is the same with any other store of Extensions.VectorData.</summary>
internal sealed class MemoryNotes(IEmbeddingGenerator<string, Embedding<float>> generator, EmbeddingGenerationOptions queries)
    : VectorStoreCollection<int, Note>
{
    private readonly SortedDictionary<int, Note> _notes = [];

    public override string Name => "notes";

    public override Task<bool> CollectionExistsAsync(CancellationToken cancellationToken = default) => Task.FromResult(true);

    public override Task EnsureCollectionExistsAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public override Task EnsureCollectionDeletedAsync(CancellationToken cancellationToken = default)
    {
        _notes.Clear();
        return Task.CompletedTask;
    }

    public override Task<Note?> GetAsync(int key, RecordRetrievalOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(_notes.GetValueOrDefault(key));

    public override IAsyncEnumerable<Note> GetAsync(Expression<Func<Note, bool>> filter, int top, FilteredRecordRetrievalOptions<Note>? options = null,
        CancellationToken cancellationToken = default) => _notes.Values.Where(filter.Compile()).Skip(options?.Skip ?? 0).Take(top).ToAsyncEnumerable();

    public override Task DeleteAsync(int key, CancellationToken cancellationToken = default)
    {
        _notes.Remove(key);
        return Task.CompletedTask;
    }

    public override Task UpsertAsync(Note record, CancellationToken cancellationToken = default)
    {
        _notes[record.Id] = record;
        return Task.CompletedTask;
    }

    public override Task UpsertAsync(IEnumerable<Note> records, CancellationToken cancellationToken = default)
    {
        foreach (var record in records) _notes[record.Id] = record;
        return Task.CompletedTask;
    }

    public override async IAsyncEnumerable<VectorSearchResult<Note>> SearchAsync<TInput>(TInput searchValue, int top, VectorSearchOptions<Note>? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var wanted = searchValue switch
        {
            string text => await generator.GenerateVectorAsync(text, queries, cancellationToken),
            ReadOnlyMemory<float> vector => vector,
            _ => throw new NotSupportedException($"Notes are found by a text or a vector, not by a {typeof(TInput).Name}."),
        };
        var filter = options?.Filter?.Compile();
        var found = _notes.Values.Where(note => filter is null || filter(note))
            .Select(note => new VectorSearchResult<Note>(note, TensorPrimitives.CosineSimilarity(wanted.Span, note.Vector.Span)))
            .OrderByDescending(result => result.Score)
            .Skip(options?.Skip ?? 0)
            .Take(top);
        foreach (var result in found) yield return result;
    }

    public override object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;
}
