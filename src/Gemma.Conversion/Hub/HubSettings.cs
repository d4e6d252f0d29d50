using System.Globalization;

namespace Gemma.Conversion.Hub;

/// <summary>Options and environment together: everything a download needs to know.</summary>
internal sealed record HubSettings
{
    /// <summary>The hub that names itself in its answers, also those of its mirrors.</summary>
    public const string DefaultEndpoint = "https://huggingface.co";

    private static readonly string[] True = ["1", "ON", "YES", "TRUE"];

    /// <summary>The hub's address, without a slash at its end.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The token, or null.</summary>
    public string? Token { get; init; }

    /// <summary>The cache.</summary>
    public required string CacheFolder { get; init; }

    public bool Offline { get; init; }

    public bool UseSymlinks { get; init; } = true;

    /// <summary>How long the first answer to a request may take.</summary>
    public TimeSpan AnswerTimeout { get; init; }

    /// <summary>How long a running download may be silent before it is asked for again.</summary>
    public TimeSpan SilenceTimeout { get; init; }

    public int MaxParallelFiles { get; init; }

    /// <summary>Joins options and environment.</summary>
    /// <param name="options">What the caller set.</param>
    /// <param name="environment">Reads a variable.</param>
    /// <exception cref="ArgumentException">A value makes no sense.</exception>
    public static HubSettings Resolve(HubOptions options, Func<string, string?> environment)
    {
        string? Variable(string name) => environment(name)?.Trim() is { Length: > 0 } value ? value : null;
        bool IsSet(string name) => True.Contains(Variable(name)?.ToUpperInvariant());
        TimeSpan Seconds(string name, int otherwise) =>
            double.TryParse(Variable(name), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value is > 0 and < 1e6
                ? TimeSpan.FromSeconds(value)
                : TimeSpan.FromSeconds(otherwise);

        if (options.MaxParallelFiles is < 1 or > 16) throw new ArgumentException($"MaxParallelFiles: {options.MaxParallelFiles} is not between 1 and 16.");
        var home = Expand(Variable("HF_HOME") ?? Path.Combine(Variable("XDG_CACHE_HOME") ?? Path.Combine("~", ".cache"), "huggingface"));
        return new HubSettings
        {
            Endpoint = CheckEndpoint(options.Endpoint ?? Variable("HF_ENDPOINT") ?? DefaultEndpoint),
            Token = CheckToken(options.Token?.Trim() is { Length: > 0 } token ? token : IsSet("HF_HUB_DISABLE_IMPLICIT_TOKEN") ? null
                : Variable("HF_TOKEN") ?? Variable("HUGGING_FACE_HUB_TOKEN") ?? ReadToken(Expand(Variable("HF_TOKEN_PATH") ?? Path.Combine(home, "token")))),
            CacheFolder = Path.GetFullPath(Expand(options.CacheFolder
                ?? Variable("HF_HUB_CACHE")
                ?? Variable("HUGGINGFACE_HUB_CACHE")
                ?? Path.Combine(home, "hub"))),
            Offline = options.Offline ?? (IsSet("HF_HUB_OFFLINE") || IsSet("TRANSFORMERS_OFFLINE")),
            UseSymlinks = !IsSet("HF_HUB_DISABLE_SYMLINKS"),
            AnswerTimeout = Seconds("HF_HUB_ETAG_TIMEOUT", 10),
            SilenceTimeout = Seconds("HF_HUB_DOWNLOAD_TIMEOUT", 30),
            MaxParallelFiles = options.MaxParallelFiles,
        };
    }

    // A record's text would show it.
    public override string ToString() => $"{Endpoint}, {CacheFolder}";

    private static string CheckEndpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri is { UserInfo: "", Query: "", Fragment: "" }
            ? text.TrimEnd('/')
            : throw new ArgumentException(
                $"The hub's address '{uri?.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) ?? text}' is not an http "
                    + $"or https address without user, query and fragment; mend HF_ENDPOINT or the option Endpoint.");

    private static string? CheckToken(string? token) =>
        token is null || token.All(character => character is > ' ' and < '\x7f')
            ? token
            : throw new ArgumentException("The hub's token holds characters that no token has; mend HF_TOKEN, the token file or the option Token.");

    private static string? ReadToken(string path) => File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } token ? token : null;

    private static string Expand(string path) =>
        path == "~" || path.StartsWith("~/", StringComparison.Ordinal) || path.StartsWith("~" + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify),
                path[1..].TrimStart('/', Path.DirectorySeparatorChar))
            : path;
}
