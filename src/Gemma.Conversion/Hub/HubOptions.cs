namespace Gemma.Conversion.Hub;

/// <summary>Where models come from and where they are kept. What is not set is taken from the environment, as huggingface_hub does.</summary>
public sealed class HubOptions
{
    /// <summary>The hub or a mirror of it.</summary>
    /// <value>Default null: <c>HF_ENDPOINT</c>, else <c>https://huggingface.co</c>.</value>
    public string? Endpoint { get; set; }

    /// <summary>The access token, for repositories that ask for one. It is sent to the hub only and never logged.</summary>
    /// <value>Default null: <c>HF_TOKEN</c>, else <c>HUGGING_FACE_HUB_TOKEN</c>, else the file <c>HF_TOKEN_PATH</c> (<c>$HF_HOME/token</c>), unless
    /// <c>HF_HUB_DISABLE_IMPLICIT_TOKEN</c> is set.</value>
    public string? Token { get; set; }

    /// <summary>The cache, in huggingface_hub's layout, so that it is shared with transformers and others.</summary>
    /// <value>Default null: <c>HF_HUB_CACHE</c>, else <c>$HF_HOME/hub</c>, else <c>~/.cache/huggingface/hub</c>.</value>
    public string? CacheFolder { get; set; }

    /// <summary>Whether no request is made at all; what the cache holds is used.</summary>
    /// <value>Default null: <c>HF_HUB_OFFLINE</c> or <c>TRANSFORMERS_OFFLINE</c>, else false.</value>
    public bool? Offline { get; set; }

    /// <summary>
    /// Whether an application may download a model that the cache does not hold.
    /// <see cref="ModelHub.PullAsync(HubModelName, IReadOnlyList{string}?, IProgress{HubProgress}?, CancellationToken)"/> asks for it and needs no permission.
    /// </summary>
    /// <value>Default false: nothing leaves the machine.</value>
    public bool AllowDownload { get; set; }

    /// <summary>Files that are loaded at the same time, each over one connection.</summary>
    /// <value>1 to 16, default 4.</value>
    public int MaxParallelFiles { get; set; } = 4;
}
