using Gemma.Conversion.Calibration;
using Gemma.Runtime.Models;
using Microsoft.Extensions.Logging;

namespace Gemma.Conversion.Packaging;

/// <summary>The place of a package that is to be written: only a package is ever replaced there, and never one that the conversion reads.</summary>
/// <param name="path">Where the package goes; links are followed.</param>
/// <param name="checkpoint">The checkpoint's folder or files.</param>
/// <param name="options">What else is read, and whether a package may be replaced.</param>
internal sealed class PackageTarget(string path, IEnumerable<string> checkpoint, ConversionOptions options)
{
    private readonly string?[] _inputs =
        [.. checkpoint, options.ConfigPath, options.LoraPath, .. options.Heads.Select(head => head.Path), options.Calibration == Calibrator.Self
            ? null
            : options.Calibration];

    /// <summary>The real path of the package's folder.</summary>
    public string Path { get; } = RealPath.Of(path);

    /// <summary>Removes what killed conversions left beside the target, then makes sure that it may be written.</summary>
    /// <exception cref="IOException">It may not.</exception>
    public void Prepare(ILogger logger)
    {
        StagedPackage.RemoveLeftovers(Path, logger);
        Ensure();
    }

    /// <summary>Makes sure that nothing but a package would be replaced.</summary>
    /// <exception cref="IOException">Something else is there.</exception>
    public void Ensure()
    {
        if (options.Overwrite) EnsureApart();
        if (File.Exists(Path)) throw new IOException($"{Path} is a file; choose a folder for the package.");
        if (!Directory.Exists(Path) || !Directory.EnumerateFileSystemEntries(Path).Any()) return;
        if (!options.Overwrite) throw new IOException($"{Path} exists already; choose another folder, or replace a package with --force.");
        if (!File.Exists(System.IO.Path.Combine(Path, PackageManifest.FileName)))
            throw new IOException(
                $"{Path} is not a package (it has no {PackageManifest.FileName}), so it is not replaced; choose another folder, or remove it yourself.");
    }

    private void EnsureApart()
    {
        foreach (var input in _inputs.OfType<string>())
        {
            var real = RealPath.Of(input);
            if (RealPath.IsWithin(real, Path))
                throw new IOException($"{Path} holds {input}, which is read for the package; choose another folder for the package.");
            if (RealPath.IsWithin(Path, real)) throw new IOException($"{Path} lies in {input}, which is read for the package; choose a folder outside of it.");
        }
    }
}
