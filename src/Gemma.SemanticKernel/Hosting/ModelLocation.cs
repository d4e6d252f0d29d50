using Gemma.Conversion.Hub;
using Microsoft.Extensions.Logging;

namespace Gemma.SemanticKernel.Hosting;

/// <summary>Where a model is: a folder or file of this machine, or a name on the hub, which its cache or a download turns into a folder.</summary>
/// <param name="path">The folder, file or name.</param>
/// <param name="revision">The revision of a model of the hub that the name does not say, or null.</param>
/// <param name="hub">Where models of the hub come from.</param>
/// <param name="logger">Receives the progress of a download.</param>
/// <param name="time">The clock.</param>
internal sealed partial class ModelLocation(string path, string? revision, HubOptions hub, ILogger logger, TimeProvider time)
{
    /// <summary>The model's name on the hub, or null where the path is there.</summary>
    /// <exception cref="ArgumentException">Path and revision name different revisions.</exception>
    public static HubModelName? HubName(GemmaOptions options) => HubName(options.ModelPath, options.ModelRevision);

    private static HubModelName? HubName(string path, string? revision) =>
        Path.Exists(path) || !HubModelName.TryParse(path, out _) ? null : HubModelName.Parse(path, revision);

    /// <summary>What is wrong with the options, or null.</summary>
    /// <param name="option">The option that has the path.</param>
    /// <param name="path">The folder, file or name.</param>
    /// <param name="revision">The option ModelRevision, or null.</param>
    /// <param name="options">Where models of the hub come from.</param>
    public static string? Problem(string option, string path, string? revision, HubOptions options)
    {
        if (path.Length == 0) return null;
        try
        {
            if (Path.Exists(path)) return revision is null ? null : $"ModelRevision: '{path}' is a folder, which has no revisions; take the option away.";
            if (HubName(path, revision) is not { } name)
            {
                return $"{option}: '{path}' does not exist; give a model package, a Hugging Face checkpoint folder, or a model of the hub such as "
                    + "google/gemma-2b-it.";
            }
            using var hub = new ModelHub(options);
            return options.AllowDownload || hub.Find(name) is not null ? null : $"{option}: {NotThere(name)}";
        }
        catch (Exception e) when (e is ArgumentException or HubException)
        {
            return $"Hub: {e.Message}";
        }
    }

    /// <summary>The folder or file; downloaded where that is allowed.</summary>
    /// <exception cref="HubException">The model is not in the cache and may not or cannot be downloaded.</exception>
    public async Task<string> ResolveAsync(CancellationToken cancellationToken)
    {
        if (HubName(path, revision) is not { } name) return path;
        using var models = new ModelHub(hub, logger, time);
        if (!hub.AllowDownload) return models.Find(name) ?? throw new HubException(HubError.NotCached, NotThere(name));
        if (!name.IsPinned) LogBranch(name);
        return await models.PullAsync(name, null, new ProgressLog(this, name), cancellationToken).ConfigureAwait(false);
    }

    private static string NotThere(HubModelName name) =>
        $"'{name}' does not exist as a folder, and the hub's cache does not hold it as a model: run 'gemma pull {name}' beforehand, or allow the application "
            + $"to download it (Hub:AllowDownload).";

    [LoggerMessage(1, LogLevel.Warning, "{Model} may change from start to start: pin it with a commit (ModelRevision)")]
    private partial void LogBranch(HubModelName model);

    [LoggerMessage(2, LogLevel.Information, "Downloading {Model}: {Percent} %")]
    private partial void LogProgress(HubModelName model, int percent);

    // Reports come one at a time.
    private sealed class ProgressLog(ModelLocation location, HubModelName name) : IProgress<HubProgress>
    {
        private int _told;

        public void Report(HubProgress value)
        {
            var step = value.BytesTotal == 0 ? 10 : (int)(value.BytesDone * 10 / value.BytesTotal);
            if (step <= _told) return;
            _told = step;
            location.LogProgress(name, step * 10);
        }
    }
}
