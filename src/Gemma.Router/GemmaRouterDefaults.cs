namespace Gemma.Router;

/// <summary>Names that clients and configurations use.</summary>
public static class GemmaRouterDefaults
{
    /// <summary>The load balancing policy that keeps a conversation at its server.</summary>
    public const string PolicyName = "gemma-prefix";

    /// <summary>The request header that names a conversation, or whatever else belongs to one server, where the body does not tell.</summary>
    public const string AffinityHeader = "X-Gemma-Affinity";

    /// <summary>
    /// The meter's name; its counter <c>gemma.router.picks</c> tells by <c>reason</c> why a server was chosen: <c>affinity</c>, <c>overflow</c> or <c>none</c>.
    /// </summary>
    public const string MeterName = "Gemma.Router";
}
