using System.ComponentModel.DataAnnotations;

namespace Gemma.Server;

/// <summary>What <c>MapGemma()</c> serves and what it allows. Bound from configuration, validated at start.</summary>
public sealed class GemmaServerOptions
{
    /// <summary>The keys that may use the routes, as <c>Authorization: Bearer KEY</c> or <c>X-Api-Key: KEY</c>; the health routes need none.</summary>
    /// <value>Default empty: everybody who reaches the address may use them. A blank key is refused.</value>
    public IList<string> ApiKeys { get; } = [];

    /// <summary>Further names of models: what a client asks for, and the model that answers.</summary>
    /// <value>Default empty.</value>
    public IDictionary<string, string> Aliases { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The most answers of one chat request (<c>n</c>).</summary>
    /// <value>1 to 128, default 8.</value>
    [Range(1, 128)]
    public int MaxChoices { get; set; } = 8;

    /// <summary>The most texts of one embedding, classification or reranking request.</summary>
    /// <value>1 to 100000, default 2048.</value>
    [Range(1, 100_000)]
    public int MaxInputs { get; set; } = 2048;

    /// <summary>The most bytes of a request's body.</summary>
    /// <value>1024 to 1073741824, default 8388608.</value>
    [Range(1024, 1 << 30)]
    public int MaxRequestBodyBytes { get; set; } = 8 << 20;

    /// <summary>How long a request may take, waiting included.</summary>
    /// <value>A second to a day, default 10 minutes.</value>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>After how much silence a stream gets a comment that keeps connections through proxies open.</summary>
    /// <value>A tenth of a second to an hour, default 15 seconds.</value>
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The head behind <c>/v1/moderations</c>, as <c>model/head</c> or by its name.</summary>
    /// <value>Default null: the route answers that there is none.</value>
    public string? ModerationHead { get; set; }

    /// <summary>The labels of <see cref="ModerationHead"/> that flag a text.</summary>
    /// <value>Default empty: every label but the head's first.</value>
    public IList<string> HarmfulLabels { get; } = [];

    /// <summary>Whether the part of Ollama's API that reads and generates is served too, under <c>/api</c>.</summary>
    /// <value>Default true.</value>
    public bool Ollama { get; set; } = true;

    /// <summary>
    /// Whether <c>/</c> is a page for people: chat, classification, tokens, a live view. It needs the key too, as a browser's password with any name.
    /// </summary>
    /// <value>Default true.</value>
    public bool Page { get; set; } = true;

    /// <summary>The most requests of one key (without keys: of one address) at the same time; one more is refused with 429.</summary>
    /// <value>0 to 100000; default 0: no limit but the models' own queues.</value>
    [Range(0, 100_000)]
    public int MaxConcurrentRequestsPerKey { get; set; }

    /// <summary>The most requests of one key (without keys: of one address) in a minute; unused ones are saved up to a minute's.</summary>
    /// <value>0 to 1000000; default 0: no limit.</value>
    [Range(0, 1_000_000)]
    public int MaxRequestsPerMinutePerKey { get; set; }

    /// <summary>Whether whoever starts the server loads its models then: until they are warm, requests are refused instead of waiting for them.</summary>
    internal bool LoadsAtStart { get; set; }
}
