using System.Security.Cryptography;
using System.Text;

namespace Gemma.Router.Affinity;

/// <summary>What the requests of one conversation have in common, as a hash: kept beside the request, never its text.</summary>
internal sealed class RoutingKey(byte[] digest)
{
    /// <summary>
    /// A server's rank for this key: the highest one is the conversation's. Rendezvous hashing (Thaler and Ravishankar 1998): a server that comes or goes moves
    /// only its own share.
    /// </summary>
    public ulong Rank(string destination)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        var length = Encoding.UTF8.GetByteCount(destination);
        var input = new byte[digest.Length + length];
        digest.CopyTo(input, 0);
        Encoding.UTF8.GetBytes(destination, input.AsSpan(digest.Length));
        SHA256.HashData(input, hash);
        return BitConverter.ToUInt64(hash);
    }
}
