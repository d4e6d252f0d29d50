namespace Gemma.Server.Metrics;

/// <summary>How a request ended.</summary>
internal enum RequestOutcome
{
    Ok,

    /// <summary>The server failed, or the request took too long.</summary>
    Error,

    /// <summary>The client left.</summary>
    Cancelled,

    /// <summary>The request was refused: invalid, without a key, or one too many.</summary>
    Rejected,
}
