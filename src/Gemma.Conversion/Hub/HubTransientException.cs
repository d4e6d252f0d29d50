namespace Gemma.Conversion.Hub;

/// <summary>A request failed in a way that passes.</summary>
/// <param name="message">What happened.</param>
/// <param name="wait">How long the server asks to wait, or null.</param>
/// <param name="innerException">The cause, or null.</param>
internal sealed class HubTransientException(string message, TimeSpan? wait = null, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>How long the server asks to wait, or null.</summary>
    public TimeSpan? Wait { get; } = wait;
}
