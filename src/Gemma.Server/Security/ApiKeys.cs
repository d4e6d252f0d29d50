using System.Security.Cryptography;
using System.Text;
using Gemma.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Gemma.Server.Security;

/// <summary>Checks a request's key against all that are allowed, in a time that does not depend on them.</summary>
internal sealed class ApiKeys(IOptions<GemmaServerOptions> options)
{
    private const string Bearer = "Bearer ";

    private readonly byte[][] _digests = [.. options.Value.ApiKeys.Where(key => key.Length > 0).Select(Digest)];

    /// <summary>The error of a request without a valid key.</summary>
    public static ApiException Missing() => new(401, "authentication_error", "invalid_api_key", "A valid API key is needed: send 'Authorization: Bearer KEY'.");

    /// <summary>Whether no key is needed, or the request has one.</summary>
    public bool IsAllowed(HttpContext context) => _digests.Length == 0 || IsKnown(Given(context.Request));

    private static string Given(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : request.Headers["X-Api-Key"].ToString();
    }

    private bool IsKnown(string key)
    {
        var digest = Digest(key);
        var allowed = false;
        foreach (var known in _digests) allowed |= CryptographicOperations.FixedTimeEquals(known, digest);
        return allowed;
    }

    private static byte[] Digest(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
