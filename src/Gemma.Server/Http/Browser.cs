using Microsoft.AspNetCore.Http;

namespace Gemma.Server.Http;

/// <summary>Tells people from programs.</summary>
internal static class Browser
{
    /// <summary>Whether somebody at a browser opens the address.</summary>
    public static bool Asks(HttpRequest request) => request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
