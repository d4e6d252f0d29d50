using System.IO.Compression;

namespace Gemma.Conversion.Hub;

/// <summary>An answer's content: unpacked where a server packs it unasked, and an error where it falls silent or breaks off.</summary>
internal sealed class HubBody : IDisposable
{
    private readonly Stream _stream;
    private readonly TimeSpan _silence;
    private readonly string _place;

    private HubBody(Stream stream, TimeSpan silence, string place) => (_stream, _silence, _place) = (stream, silence, place);

    public static async Task<HubBody> OpenAsync(HttpResponseMessage response, TimeSpan silence, CancellationToken cancellationToken)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        return new HubBody(IsPacked(response) ? new GZipStream(stream, CompressionMode.Decompress) : stream, silence, HubAnswers.Place(response));
    }

    /// <summary>Whether the content is packed, so that its length and offsets say nothing about the file.</summary>
    public static bool IsPacked(HttpResponseMessage response) => response.Content.Headers.ContentEncoding.Contains("gzip");

    /// <summary>Reads some bytes; none at the end.</summary>
    /// <exception cref="HubTransientException">Nothing came for too long, or the connection broke.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_silence);
        try
        {
            return await _stream.ReadAsync(buffer, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HubTransientException($"{_place} sent nothing for {_silence.TotalSeconds:0.#} s.", null, e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or InvalidDataException)
        {
            throw new HubTransientException($"The connection to {_place} broke: {e.Message}", null, e);
        }
    }

    public void Dispose() => _stream.Dispose();
}
