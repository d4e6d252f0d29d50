using System.Security.Cryptography;
using System.Text;
using Gemma.Server.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Gemma.Server.Security;

/// <summary>Checks a request's key against all that are allowed, in a time that does not depend on them.</summary>
internal sealed class ApiKeys(IOptions<GemmaServerOptions> options)
{
    private const string Bearer = "Bearer ";
    private const string Basic = "Basic ";

    private readonly byte[][] _digests = [.. options.Value.ApiKeys.Select(Digest)];

    /// <summary>The error of a request without a valid key.</summary>
    public static ApiException Missing() => new(401, "authentication_error", "invalid_api_key", "A valid API key is needed: send 'Authorization: Bearer KEY'.");

    /// <summary>Whether no key is needed, or the request has one.</summary>
    public bool IsAllowed(HttpContext context) => !AreNeeded || IsKnown(Given(context.Request));

    /// <summary>Whether there are any.</summary>
    public bool AreNeeded => _digests.Length > 0;

    /// <summary>The key that a request brings: a bearer's, the password that a browser asked for, or a header's own.</summary>
    public static string Given(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)) return header[Bearer.Length..].Trim();
        return header.StartsWith(Basic, StringComparison.OrdinalIgnoreCase) ? Password(header[Basic.Length..].Trim()) : request.Headers["X-Api-Key"].ToString();
    }

    private static string Password(string credentials)
    {
        var bytes = new byte[credentials.Length];
        if (!Convert.TryFromBase64String(credentials, bytes, out var length)) return string.Empty;
        var text = Encoding.UTF8.GetString(bytes, 0, length);
        return text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..];
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
