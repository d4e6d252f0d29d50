using Gemma.Conversion.Hub;
using Gemma.Conversion.Packaging;
using Microsoft.Extensions.Logging;

namespace Gemma.Cli.Infrastructure;

/// <summary>Finds a model by what users call it: a folder, a package of the cache, or a model that was pulled from the hub.</summary>
internal static class ModelPlaces
{
    /// <summary>The package's folder; a pulled model is converted once. What is none of them stays as it is.</summary>
    public static async Task<string> FindAsync(string name, ILogger logger, CancellationToken cancellationToken)
    {
        if (Path.Exists(name) || name.Length == 0) return name;
        var package = Path.Combine(PackageCache.DefaultFolder, name);
        if (name == Path.GetFileName(name) && Directory.Exists(package)) return package;
        if (!HubModelName.TryParse(name, out var model)) return name;
        using var hub = new ModelHub(logger: logger);
        return hub.Find(model) is { } folder ? await new PackageCache(logger: logger).GetPackageAsync(folder, cancellationToken: cancellationToken) : name;
    }

    /// <summary>Whether a text is the name of a model that is there.</summary>
    public static bool IsModel(string text)
    {
        if (Directory.Exists(text) || (text == Path.GetFileName(text) && text.Length > 0 && Directory.Exists(Path.Combine(PackageCache.DefaultFolder, text))))
            return true;
        if (!HubModelName.TryParse(text, out var model)) return false;
        using var hub = new ModelHub();
        return hub.Find(model) is not null;
    }

    /// <summary>The packages that conversions left in the cache.</summary>
    public static IEnumerable<string> Packages() =>
        Directory.Exists(PackageCache.DefaultFolder)
            ? Directory.EnumerateDirectories(PackageCache.DefaultFolder).Where(folder => File.Exists(Path.Combine(folder, "genai_config.json")))
                .Order(StringComparer.Ordinal)
            : [];
}
