using System.IO.Compression;
using Gemma.Server.Errors;
using Microsoft.AspNetCore.Http;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Gemma.Server.Http;

/// <summary>Inflates compressed bodies while they are read; some clients send theirs as zstd. Whoever reads counts the inflated bytes.</summary>
internal static class BodyEncoding
{
    // The most that the zstd content encoding allows (RFC 9659): 8 MiB.
    private const int MaxWindowLog = 23;

    /// <summary>The body's own bytes.</summary>
    /// <exception cref="ApiException">The encoding is unknown.</exception>
    public static Stream Open(HttpRequest request)
    {
        var encoding = request.Headers.ContentEncoding.ToString();
        return encoding.ToLowerInvariant() switch
        {
            "" or "identity" => request.Body,
            "gzip" => new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
            "br" => new BrotliStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
            "zstd" => Zstd(request.Body),
            _ => throw new ApiException(415, "invalid_request_error", null, "The body's Content-Encoding must be gzip, br or zstd, or absent."),
        };
    }

    /// <summary>The next bytes; 0 at the end.</summary>
    /// <exception cref="ApiException">The body is not what its encoding says.</exception>
    public static async ValueTask<int> ReadAsync(Stream body, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidDataException or ZstdException or EndOfStreamException
            || (body is BrotliStream && e is InvalidOperationException))
        {
            throw ApiException.Invalid(null, "The body cannot be decompressed: it is not what its Content-Encoding says.", null);
        }
    }

    private static DecompressionStream Zstd(Stream body)
    {
        var stream = new DecompressionStream(body, leaveOpen: true);
        stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MaxWindowLog);
        return stream;
    }
}
