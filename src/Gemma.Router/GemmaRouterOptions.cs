using System.ComponentModel.DataAnnotations;

namespace Gemma.Router;

/// <summary>
/// Which servers <c>MapGemmaRouter()</c> routes to, and how. Bound from configuration, validated at start; changes of the configuration take effect while it
/// runs.
/// </summary>
public sealed class GemmaRouterOptions
{
    /// <summary>The servers' addresses, such as <c>http://10.0.0.11:8484</c>. All serve the same models.</summary>
    /// <value>At least one absolute <c>http</c> or <c>https</c> address.</value>
    public IList<string> Destinations { get; } = [];

    /// <summary>Who takes a request: the name of a YARP load balancing policy.</summary>
    /// <value>Default <see cref="GemmaRouterDefaults.PolicyName"/>; YARP's own are <c>RoundRobin</c>, <c>LeastRequests</c>, <c>PowerOfTwoChoices</c>,
    /// <c>Random</c> and <c>FirstAlphabetical</c>.</value>
    [Required]
    public string Policy { get; set; } = GemmaRouterDefaults.PolicyName;

    /// <summary>
    /// How far above the mean of all servers one may be loaded before a conversation moves on: it takes a request while <c>running + 1 ≤ LoadFactor × mean +
    /// LoadSlack</c>.
    /// </summary>
    /// <value>1 to 100, default 1.25.</value>
    [Range(1.0, 100.0)]
    public double LoadFactor { get; set; } = 1.25;

    /// <summary>
    /// How many requests more than <see cref="LoadFactor"/> allows a server may run. Without any, a conversation would leave its server at every low load.
    /// </summary>
    /// <value>1 to 10000, default 3.</value>
    [Range(1, 10_000)]
    public int LoadSlack { get; set; } = 3;

    /// <summary>The most bytes of a request's body, which is kept until the answer begins.</summary>
    /// <value>1024 to 1073741824, default 8388608.</value>
    [Range(1024, 1 << 30)]
    public int MaxRequestBodyBytes { get; set; } = 8 << 20;

    /// <summary>
    /// How long a server may send nothing at all before its request is given up. Streams are never silent for so long; an answer in one piece is, while it is
    /// computed.
    /// </summary>
    /// <value>A second to a day, default 15 minutes.</value>
    public TimeSpan ActivityTimeout { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How long connecting to a server may take.</summary>
    /// <value>A tenth of a second to a minute, default 3 seconds.</value>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How often each server is asked whether it is ready (<c>/health/ready</c>). It is left out after two failures, and back after one success.
    /// </summary>
    /// <value>A tenth of a second to an hour, default 5 seconds.</value>
    public TimeSpan HealthInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether host names stand for all addresses that DNS gives for them, each a server of its own, as those of a headless Kubernetes service do.
    /// </summary>
    /// <value>Default false: a name is one server.</value>
    public bool ResolveNames { get; set; }

    /// <summary>How often names are resolved again.</summary>
    /// <value>A second to a day, default 10 seconds.</value>
    public TimeSpan ResolveInterval { get; set; } = TimeSpan.FromSeconds(10);
}
